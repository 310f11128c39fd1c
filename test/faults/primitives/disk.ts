/**
 * A disk of its own for Redis: ext4 on a loop device over a file in memory. Its power can be cut: from then on nothing that was not
 * flushed by fsync is written any more, as when a machine loses its supply (EXT4_IOC_SHUTDOWN without flushing the journal).
 */
import { type ChildProcess, spawn } from "node:child_process";
import { once } from "node:events";
import { mkdir, statfs, truncate, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { run } from "./run.ts";

/** Waits for a line with the folder open, then cuts: a program that is running already loses no time. */
const SWITCH = `
  open(my $disk, "<", $ARGV[0]) or die "$!";
  my $flags = pack("I", 2);
  $| = 1;
  print "armed\\n";
  defined(<STDIN>) or exit 0;
  ioctl($disk, 0x8004587D, $flags) or die "$!";
  print "cut\\n";
`;

export class Disk {
  /** Where it is mounted. */
  readonly folder: string;
  readonly #image: string;
  #switch: ChildProcess | null = null;

  private constructor(folder: string, image: string) {
    this.folder = folder;
    this.#image = image;
  }

  /** Makes and mounts one below `place`. */
  static async make(place: string, name: string, bytes: number): Promise<Disk> {
    const disk = new Disk(join(place, name), join(place, `${name}.img`));
    await mkdir(disk.folder);
    await writeFile(disk.#image, "");
    await truncate(disk.#image, bytes);
    await run("mkfs.ext4", "-q", "-F", disk.#image);
    await disk.#mount();
    return disk;
  }

  /** From here on nothing reaches the disk. */
  async cut(): Promise<void> {
    const armed = this.#switch;
    if (armed?.stdin == null || armed.stdout === null) throw new Error("the power switch is not armed");
    this.#switch = null;
    const ended = once(armed, "exit");
    armed.stdin.write("\n");
    const [code] = await ended;
    if (code !== 0) throw new Error(`the power switch ended with ${code}`);
  }

  /** The machine starts again: mounts what the disk holds. Nobody may have files of it open. */
  async remount(): Promise<void> {
    await this.#disarm();
    await run("umount", this.folder);
    await this.#mount();
  }

  /** Takes all of the free space; gives how to give it back. */
  async fill(): Promise<() => Promise<void>> {
    const filler = join(this.folder, "filler");
    const { bavail, bsize } = await statfs(this.folder);
    // As root: the blocks that are reserved for it too.
    await run("fallocate", "-l", String(bavail * bsize), filler).catch(() => undefined);
    await run("dd", "if=/dev/zero", `of=${filler}.rest`, "bs=4096", "status=none").catch(() => undefined);
    return async () => {
      await run("rm", "-f", filler, `${filler}.rest`);
    };
  }

  async remove(): Promise<void> {
    await this.#disarm();
    await run("umount", this.folder);
    await run("rm", "-rf", this.#image, this.folder);
  }

  async #mount(): Promise<void> {
    await run("mount", "-o", "loop", this.#image, this.folder);
    const armed = spawn("perl", ["-e", SWITCH, this.folder], { stdio: ["pipe", "pipe", "inherit"] });
    this.#switch = armed;
    await once(armed.stdout, "data");
  }

  async #disarm(): Promise<void> {
    const armed = this.#switch;
    if (armed === null) return;
    this.#switch = null;
    const ended = once(armed, "exit");
    armed.stdin?.end();
    await ended;
  }
}
