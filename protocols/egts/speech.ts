/** What the platform says on one line: answers, login results, texts and their confirmations, under its own PIDs and record numbers. */
import { AUTH, COMMAND, CONFIRMATION, FROM_PLATFORM, PACKET, SERVICE } from "./codes.ts";
import { writeCommand } from "./command.ts";
import { recordResponse, type ServiceRecord, writeRecord, writeSubrecord } from "./records.ts";
import { answerData, writePacket } from "./wire.ts";

/** A record of the device and how it is answered (RST). */
export interface Answered {
  readonly record: ServiceRecord;
  readonly result: number;
}

export interface TextData {
  readonly cid: number;
  readonly charset: number | null;
  readonly data: Buffer;
}

export class Speech {
  #pid = 0;
  #number = 0;

  /** RESPONSE: PR of the packet, and RST of each record, those of one service in one record. */
  answer(pid: number, result: number, answered: readonly Answered[]): Buffer {
    const packet = this.#next();
    const services = new Map<number, Answered[]>();
    for (const one of answered) {
      const key = one.record.sender * 0x100 + one.record.recipient;
      services.set(key, [...(services.get(key) ?? []), one]);
    }
    const records = [...services.values()].map((group) => this.#responses(group));
    return writePacket(PACKET.response, packet, answerData(pid, result, Buffer.concat(records)));
  }

  /** RESULT_CODE: how the login went. */
  loginResult(code: number): Buffer {
    return this.#say(SERVICE.auth, writeSubrecord(AUTH.result, Buffer.from([code]))).bytes;
  }

  /** AUTH_PARAMS: a user and a password are wanted, in the clear. */
  passwordWanted(): Buffer {
    return this.#say(SERVICE.auth, writeSubrecord(AUTH.params, Buffer.from([0]))).bytes;
  }

  /** MSGTO. */
  text({ cid, charset, data }: TextData): { readonly bytes: Buffer; readonly pid: number; readonly number: number } {
    return this.#say(SERVICE.commands, writeCommand({ type: COMMAND.messageTo, result: CONFIRMATION.ok, cid, sid: 0, charset, data }));
  }

  /** MSGCONF for texts of the driver, by their CIDs; one packet for all of them. */
  textsHeard(cids: readonly number[]): Buffer {
    const said = cids.map((cid) =>
      writeCommand({ type: COMMAND.messageConfirmation, result: CONFIRMATION.ok, cid, sid: 0, charset: null, data: NOTHING }),
    );
    return this.#say(SERVICE.commands, Buffer.concat(said)).bytes;
  }

  #responses(group: readonly Answered[]): Buffer {
    const { sender = 0, recipient = 0 } = group[0]?.record ?? {};
    const data = group.map(({ record, result }) => recordResponse(record.number, result));
    return writeRecord({ number: this.#nextNumber(), flags: FROM_PLATFORM, sender: recipient, recipient: sender }, Buffer.concat(data));
  }

  #say(service: number, data: Buffer): { readonly bytes: Buffer; readonly pid: number; readonly number: number } {
    const pid = this.#next();
    const number = this.#nextNumber();
    const record = writeRecord({ number, flags: FROM_PLATFORM, sender: service, recipient: service }, data);
    return { bytes: writePacket(PACKET.data, pid, record), pid, number };
  }

  #next(): number {
    this.#pid = (this.#pid + 1) & 0xffff;
    return this.#pid;
  }

  #nextNumber(): number {
    this.#number = (this.#number + 1) & 0xffff;
    return this.#number;
  }
}

const NOTHING = Buffer.alloc(0);
