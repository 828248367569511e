/** The kernel command line as a check asks about it. */

/**
 * The arguments the kernel reads, in order; quoted values keep their spaces, and a quote that does not end goes
 * on to the end (Linux next_arg). What follows `--` is for init
 * (Linux parse_args).
 */
export function argumentsOf(commandLine: string): readonly string[] {
  const words = [...commandLine.matchAll(/(?:[^\s"]|"[^"]*(?:"|$))+/g)].map((match) => match[0].replaceAll('"', ''));
  const end = words.indexOf('--');
  return end === -1 ? words : words.slice(0, end);
}

/**
 * Whether an argument is in force: the last one of its name decides, and `-` and `_` in a name are one, as for the kernel. For
 * a bare word, whether it is there.
 */
export function inForce(commandLine: string, argument: string): boolean {
  const [name] = split(argument);
  const last = argumentsOf(commandLine).findLast((candidate) => split(candidate)[0] === name);
  return last !== undefined && split(last)[1] === split(argument)[1];
}

function split(argument: string): readonly [name: string, value: string | null] {
  const at = argument.indexOf('=');
  const name = (at === -1 ? argument : argument.slice(0, at)).replaceAll('-', '_');
  return [name, at === -1 ? null : argument.slice(at + 1)];
}
