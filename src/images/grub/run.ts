/** Runs a GRUB configuration as far as its measurements go: what PCR 8 and 9 are extended with, and what is booted. */

import { EvidenceError } from '../../bytes/errors.ts';
import { parseGrubScript, type Statement, type Word } from './script.ts';
import { evaluateTest, type PathQuery } from './test-command.ts';

/** One configuration sourcing another: a chain, or a loop. */
const MAX_SOURCES = 16;

/** The partition GRUB was loaded from. Its paths are absolute and compared without case, as FAT does. */
interface GrubPartition {
  /** The device in GRUB's words: `hd0,msdos1`. */
  readonly device: string;
  /** Every file there is: a configuration may ask whether one exists. */
  readonly files: ReadonlyMap<string, Uint8Array>;
}

export type GrubMeasurement =
  | { readonly pcr: 8; readonly kind: 'command' | 'kernel-command-line'; readonly text: string; readonly file: string }
  | {
      readonly pcr: 9;
      readonly path: string;
      readonly content: Uint8Array;
      readonly role: 'configuration' | 'kernel' | 'initrd';
    };

export interface GrubRun {
  /** In the order in which they happen; those of one PCR are in its order. */
  readonly measurements: readonly GrubMeasurement[];
  readonly kernel: Uint8Array;
  readonly initrd: Uint8Array;
  /** As GRUB measures it: the kernel's path, then the parameters. */
  readonly kernelCommandLine: string;
}

/**
 * Runs `script` with the given variables until `boot`.
 * @throws EvidenceError `grub.unsupported` for a command whose effect is not known here, `grub.file` for a file that is not
 * there, `grub.no-boot` if nothing is booted, `grub.syntax`
 */
export function runGrub(
  script: Uint8Array,
  name: string,
  partition: GrubPartition,
  variables: ReadonlyMap<string, string>,
): GrubRun {
  const machine = new Machine(partition, variables);
  machine.run(parseGrubScript(script, name), name);
  const { kernel, initrd, kernelCommandLine, booted } = machine;
  if (!booted || kernel === undefined || initrd === undefined) {
    throw new EvidenceError('grub.no-boot', 'GRUB configuration: it does not boot a kernel with an initrd', {
      part: name,
    });
  }
  return { measurements: machine.measurements, kernel, initrd, kernelCommandLine };
}

class Machine implements PathQuery {
  readonly measurements: GrubMeasurement[] = [];
  kernel: Uint8Array | undefined;
  initrd: Uint8Array | undefined;
  kernelCommandLine = '';
  booted = false;
  readonly #variables: Map<string, string>;
  readonly #device: string;
  readonly #files: ReadonlyMap<string, Uint8Array>;
  #sources = 0;
  /** The script being run, for the component of its lines and for errors. */
  #file = '';

  constructor(partition: GrubPartition, variables: ReadonlyMap<string, string>) {
    this.#device = partition.device;
    this.#files = new Map([...partition.files].map(([path, content]) => [path.toLowerCase(), content]));
    this.#variables = new Map([['root', partition.device], ...variables]);
  }

  /** The status of the last command: true is success. */
  run(statements: readonly Statement[], file: string): boolean {
    this.#file = file;
    let status = true;
    for (const statement of statements) {
      if (this.booted) return status;
      status = statement.kind === 'command' ? this.#command(statement.words) : this.#if(statement, file);
    }
    return status;
  }

  kind(path: string): 'file' | 'folder' | 'none' {
    const key = this.#resolve(path);
    if (key === undefined) return 'none';
    if (this.#files.has(key)) return 'file';
    const below = key.endsWith('/') ? key : `${key}/`;
    return [...this.#files.keys()].some((other) => other.startsWith(below)) ? 'folder' : 'none';
  }

  size(path: string): number {
    return this.#files.get(this.#resolve(path) ?? '')?.length ?? 0;
  }

  #if(statement: Extract<Statement, { kind: 'if' }>, file: string): boolean {
    for (const { condition, body } of statement.branches) {
      if (this.run(condition, file)) return this.run(body, file);
    }
    return this.run(statement.otherwise, file);
  }

  #command(words: readonly Word[]): boolean {
    const all = words.flatMap((word) => this.#expand(word));
    if (all.length === 0) return true;
    this.measurements.push({ pcr: 8, kind: 'command', text: all.join(' '), file: this.#file });
    const inverted = all[0] === '!';
    const [name = '', ...rest] = inverted ? all.slice(1) : all;
    const status = this.#execute(name, rest);
    return inverted ? !status : status;
  }

  #execute(name: string, words: readonly string[]): boolean {
    switch (name) {
      case 'true':
      case 'echo':
        return true;
      case 'false':
        return false;
      case '[':
      case 'test': {
        const bracket = name === '[';
        if (bracket && words.at(-1) !== ']') throw this.#unsupported('`[` without `]`');
        const value = evaluateTest(bracket ? words.slice(0, -1) : words, this);
        if (value === undefined) throw this.#unsupported(`the test ${words.join(' ')}`);
        return value;
      }
      case 'set': {
        if (words.length !== 1) throw this.#unsupported('`set` of more than one variable');
        return this.#assign(words[0] ?? '', '`set`');
      }
      case 'source':
      case '.':
        return this.#source(words);
      case 'linux':
        return this.#linux(words);
      case 'initrd':
        return this.#initrd(words);
      case 'boot':
        this.booted = true;
        return true;
      default:
        if (words.length === 0 && name.includes('=')) return this.#assign(name, 'an assignment');
        throw this.#unsupported(`the command \`${name}\``);
    }
  }

  #assign(text: string, what: string): boolean {
    const [, name, value] = /^([A-Za-z_]\w*)=([^]*)$/.exec(text) ?? [];
    if (name === undefined || value === undefined) throw this.#unsupported(`${what} like ${text}`);
    this.#variables.set(name, value);
    return true;
  }

  #source(words: readonly string[]): boolean {
    const [path = ''] = words;
    if (words.length !== 1) throw this.#unsupported('`source` with other than one file');
    if (++this.#sources > MAX_SOURCES) throw this.#unsupported(`more than ${MAX_SOURCES} sourced files`);
    const outer = this.#file;
    const content = this.#open(path, 'configuration');
    const status = this.run(parseGrubScript(content, path), path);
    this.#file = outer;
    return status;
  }

  #linux(words: readonly string[]): boolean {
    this.kernel = this.#open(words[0] ?? '', 'kernel');
    this.kernelCommandLine = words.map((word) => this.#loaderArgument(word)).join(' ');
    this.measurements.push({ pcr: 8, kind: 'kernel-command-line', text: this.kernelCommandLine, file: this.#file });
    return true;
  }

  #initrd(words: readonly string[]): boolean {
    if (words.length !== 1) throw this.#unsupported('`initrd` with other than one file');
    this.initrd = this.#open(words[0] ?? '', 'initrd');
    return true;
  }

  /** As GRUB writes an argument into a command line: quotes and backslashes escaped, quoted if it has a space. */
  #loaderArgument(word: string): string {
    if (word.includes('\\x')) throw this.#unsupported('`\\x` in a kernel argument');
    const escaped = word.replace(/[\\'"]/g, '\\$&');
    return word.includes(' ') ? `"${escaped}"` : escaped;
  }

  #open(path: string, role: Extract<GrubMeasurement, { pcr: 9 }>['role']): Uint8Array {
    const key = this.#resolve(path);
    const content = key === undefined ? undefined : this.#files.get(key);
    if (content === undefined) {
      throw new EvidenceError('grub.file', `GRUB configuration: ${path} is not there (${this.#file})`, {
        part: this.#file,
      });
    }
    this.measurements.push({ pcr: 9, path, content, role });
    return content;
  }

  /** The path on the own partition in lower case, or undefined on a device that is not there. */
  #resolve(path: string): string | undefined {
    const [, device, rest] = /^\(([^()]*)\)(.*)$/.exec(path) ?? [undefined, this.#variables.get('root') ?? '', path];
    if (device !== this.#device) throw this.#unsupported(`the device (${device ?? ''})`);
    return rest === undefined || !rest.startsWith('/') ? undefined : rest.toLowerCase();
  }

  /** Words of a word: a variable outside quotes is split at spaces, and vanishes when it is empty. */
  #expand(word: Word): string[] {
    const fields: { text: string; keep: boolean }[] = [{ text: '', keep: false }];
    for (const { kind, value, quoted } of word) {
      const text = kind === 'text' ? value : this.#value(value);
      const parts = kind === 'variable' && !quoted ? text.split(/[ \t\n]+/) : [text];
      parts.forEach((part, index) => {
        const last = fields.at(-1);
        if (index > 0 || last === undefined) fields.push({ text: part, keep: quoted });
        else {
          last.text += part;
          last.keep ||= quoted;
        }
      });
    }
    return fields.filter(({ text, keep }) => keep || text !== '').map(({ text }) => text);
  }

  #value(name: string): string {
    if (!/^[A-Za-z_]/.test(name)) throw this.#unsupported(`the variable $${name}`);
    return this.#variables.get(name) ?? '';
  }

  #unsupported(what: string): EvidenceError {
    const message = `GRUB configuration: ${what}: its measurements cannot be predicted (${this.#file})`;
    return new EvidenceError('grub.unsupported', message, { part: this.#file });
  }
}
