/** A whitelist of commands: each entry is a command, or has one `*` for anything that does not end a command. */

/** Many interpreters take what follows as the next command. */
const COMMAND_ENDS = /[;#\r\n]/u;

export function allows(entries: readonly string[], command: string): boolean {
  return entries.some((entry) => matches(entry, command));
}

function matches(entry: string, command: string): boolean {
  const star = entry.indexOf("*");
  if (star === -1) return entry === command;
  const head = entry.slice(0, star);
  const tail = entry.slice(star + 1);
  if (command.length < head.length + tail.length || !command.startsWith(head) || !command.endsWith(tail)) return false;
  return !COMMAND_ENDS.test(command.slice(head.length, command.length - tail.length));
}
