/** What the platform says on one line: answers, login results, texts and their confirmations, under its own PIDs and record numbers. */
import { AUTH, COMMAND, CONFIRMATION, FROM_PLATFORM, PACKET, SERVICE } from "./codes.ts";
import { writeCommand } from "./command.ts";
import { type RecordHead, recordResponse, type ServiceRecord, writeRecord, writeSubrecord } from "./records.ts";
import { answerData, writePacket } from "./wire.ts";

/** A record of the device and how it is answered (RST). */
export interface Answered {
  readonly record: ServiceRecord;
  readonly result: number;
}

export interface TextData {
  /** Whose it is, where units share a line. */
  readonly object: number | null;
  readonly cid: number;
  readonly charset: number | null;
  readonly data: Buffer;
}

/** Texts of one unit's driver. */
export interface HeardTexts {
  readonly object: number | null;
  readonly cids: readonly number[];
}

/** A packet of ours with one record. */
export interface Said {
  readonly bytes: Buffer;
  readonly pid: number;
  /** Of the record. */
  readonly number: number;
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

  /** MSGTO. Confirmations copy SID: it tells whose they are, where their record does not. */
  text({ object, cid, charset, data }: TextData): Said {
    const command = writeCommand({ type: COMMAND.messageTo, result: CONFIRMATION.ok, cid, sid: object ?? 0, charset, data });
    return this.#say(SERVICE.commands, command, object);
  }

  /** MSGCONF for texts of drivers, by their CIDs; one packet for all of them, one record for each unit. */
  textsHeard(heard: readonly HeardTexts[]): Buffer {
    const records = heard.map(({ object, cids }) => {
      const said = cids.map((cid) =>
        writeCommand({ type: COMMAND.messageConfirmation, result: CONFIRMATION.ok, cid, sid: 0, charset: null, data: NOTHING }),
      );
      return writeRecord(recordHead(this.#nextNumber(), SERVICE.commands, object), Buffer.concat(said));
    });
    return writePacket(PACKET.data, this.#next(), Buffer.concat(records));
  }

  #responses(group: readonly Answered[]): Buffer {
    const { sender = 0, recipient = 0 } = group[0]?.record ?? {};
    const data = group.map(({ record, result }) => recordResponse(record.number, result));
    return writeRecord({ number: this.#nextNumber(), flags: FROM_PLATFORM, sender: recipient, recipient: sender }, Buffer.concat(data));
  }

  #say(service: number, data: Buffer, object: number | null = null): Said {
    const pid = this.#next();
    const number = this.#nextNumber();
    return { bytes: writePacket(PACKET.data, pid, writeRecord(recordHead(number, service, object), data)), pid, number };
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

function recordHead(number: number, service: number, object: number | null): RecordHead {
  const head = { number, flags: FROM_PLATFORM, sender: service, recipient: service };
  return object === null ? head : { ...head, object };
}

const NOTHING = Buffer.alloc(0);
