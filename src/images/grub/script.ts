/**
 * Parser of the part of GRUB's script language (GRUB manual, "Writing full configuration files directly") whose measurements can
 * be predicted: simple commands and `if`. Anything else is refused by name.
 */

import { EvidenceError } from '../../bytes/errors.ts';

/** Nesting of `if`; parsing and running recurse as deep. */
const MAX_DEPTH = 32;
/** Generated configurations reach some hundred kilobytes. */
const MAX_SCRIPT = 1 << 20;

/** A piece of a word: fixed text, or a variable. In quotes a value is never split at spaces. */
interface Segment {
  readonly kind: 'text' | 'variable';
  readonly value: string;
  readonly quoted: boolean;
}
export type Word = readonly Segment[];

export type Statement =
  | { readonly kind: 'command'; readonly words: readonly Word[] }
  | {
      readonly kind: 'if';
      readonly branches: readonly { readonly condition: readonly Statement[]; readonly body: readonly Statement[] }[];
      readonly otherwise: readonly Statement[];
    };

type Token = { readonly kind: 'word'; readonly word: Word } | { readonly kind: 'end' };

const KEYWORDS = new Set(['if', 'then', 'elif', 'else', 'fi']);
const REFUSED = new Set(
  'case do done esac for function menuentry select submenu time until while { } [[ ]]'.split(' '),
);

/**
 * @throws EvidenceError `grub.syntax`, and `grub.unsupported` for what the language has and this reader has not
 */
export function parseGrubScript(bytes: Uint8Array, part: string): Statement[] {
  if (bytes.length > MAX_SCRIPT) throw fail(part, 'grub.unsupported', `a script of ${bytes.length} bytes`);
  const parser = new Parser(tokens(Buffer.from(bytes).toString('utf8'), part), part);
  const statements = parser.list([], 0);
  parser.finish();
  return statements;
}

class Parser {
  readonly #tokens: readonly Token[];
  readonly #part: string;
  #at = 0;

  constructor(tokenList: readonly Token[], part: string) {
    this.#tokens = tokenList;
    this.#part = part;
  }

  /** Statements up to one of the keywords, which is left to be read, or to the end. */
  list(until: readonly string[], depth: number): Statement[] {
    if (depth > MAX_DEPTH) throw fail(this.#part, 'grub.unsupported', `nested deeper than ${MAX_DEPTH}`);
    const statements: Statement[] = [];
    for (;;) {
      while (this.#tokens[this.#at]?.kind === 'end') this.#at++;
      const keyword = this.#keyword();
      if (this.#at === this.#tokens.length || (keyword !== undefined && until.includes(keyword))) return statements;
      if (keyword === 'if') statements.push(this.#if(depth));
      else if (keyword !== undefined) throw fail(this.#part, 'grub.syntax', `unexpected ${keyword}`);
      else statements.push(this.#command());
    }
  }

  finish(): void {
    if (this.#at !== this.#tokens.length) throw fail(this.#part, 'grub.syntax', 'text after the end');
  }

  #if(depth: number): Statement {
    const branches: { condition: Statement[]; body: Statement[] }[] = [];
    do {
      this.#at++; // if, elif
      const condition = this.list(['then'], depth + 1);
      this.#expect('then');
      branches.push({ condition, body: this.list(['elif', 'else', 'fi'], depth + 1) });
    } while (this.#keyword() === 'elif');
    let otherwise: Statement[] = [];
    if (this.#keyword() === 'else') {
      this.#at++;
      otherwise = this.list(['fi'], depth + 1);
    }
    this.#expect('fi');
    return { kind: 'if', branches, otherwise };
  }

  #command(): Statement {
    const words: Word[] = [];
    for (let token = this.#tokens[this.#at]; token?.kind === 'word'; token = this.#tokens[++this.#at]) {
      words.push(token.word);
      const plain = plainText(token.word);
      // Reserved where a command starts; a lone brace starts or ends a block anywhere.
      if (plain !== undefined && (words.length === 1 || plain === '{' || plain === '}') && REFUSED.has(plain)) {
        throw fail(this.#part, 'grub.unsupported', `\`${plain}\``);
      }
    }
    return { kind: 'command', words };
  }

  #keyword(): string | undefined {
    const token = this.#tokens[this.#at];
    const plain = token?.kind === 'word' ? plainText(token.word) : undefined;
    return plain !== undefined && KEYWORDS.has(plain) ? plain : undefined;
  }

  #expect(keyword: string): void {
    if (this.#keyword() !== keyword) throw fail(this.#part, 'grub.syntax', `${keyword} is missing`);
    this.#at++;
  }
}

/** The text of a word written without quotes and variables. */
function plainText(word: Word): string | undefined {
  const [only, ...more] = word;
  return only !== undefined && more.length === 0 && only.kind === 'text' && !only.quoted ? only.value : undefined;
}

function tokens(text: string, part: string): Token[] {
  const out: Token[] = [];
  let at = 0;
  while (at < text.length) {
    const c = text.charAt(at);
    if (c === '\n' || c === ';') {
      out.push({ kind: 'end' });
      at++;
    } else if (c === ' ' || c === '\t') at++;
    else if (c === '\\' && text.charAt(at + 1) === '\n') at += 2;
    else if (c === '#') {
      const newline = text.indexOf('\n', at);
      at = newline < 0 ? text.length : newline;
    } else {
      const { word, next } = readWord(text, at, part);
      out.push({ kind: 'word', word });
      at = next;
    }
  }
  return out;
}

function readWord(text: string, start: number, part: string): { word: Word; next: number } {
  const segments: Segment[] = [];
  const add = (kind: Segment['kind'], value: string, quoted: boolean): void => {
    const last = segments.at(-1);
    if (kind === 'text' && last?.kind === 'text' && last.quoted === quoted) {
      segments[segments.length - 1] = { kind, value: last.value + value, quoted };
    } else segments.push({ kind, value, quoted });
  };
  let at = start;
  let inDouble = false;
  for (; at < text.length; at++) {
    const c = text.charAt(at);
    if (c === '"') {
      inDouble = !inDouble;
      if (inDouble) add('text', '', true);
    } else if (c === '$') {
      const name = /^(?:([A-Za-z_]\w*|[0-9?#*@])|\{([A-Za-z_]\w*|[0-9?#*@])\})/.exec(text.slice(at + 1, at + 130));
      if (name === null) throw fail(part, 'grub.unsupported', 'a `$` without a variable name');
      add('variable', name[1] ?? name[2] ?? '', inDouble);
      at += name[0].length;
    } else if (inDouble) {
      const escaped = c === '\\' && '\\"$'.includes(text.charAt(at + 1)) && at + 1 < text.length;
      if (escaped) at++;
      add('text', text.charAt(at), true);
    } else if (c === "'") {
      const end = text.indexOf("'", at + 1);
      if (end < 0) throw fail(part, 'grub.syntax', 'a quote is not closed');
      add('text', text.slice(at + 1, end), true);
      at = end;
    } else if (c === '\\') {
      at++;
      if (at < text.length && text.charAt(at) !== '\n') add('text', text.charAt(at), true);
    } else if (' \t\n;'.includes(c)) break;
    else if ('|&<>*?'.includes(c)) throw fail(part, 'grub.unsupported', `\`${c}\``);
    else add('text', c, false);
  }
  if (inDouble) throw fail(part, 'grub.syntax', 'a quote is not closed');
  return { word: segments, next: at };
}

function fail(part: string, code: string, message: string): EvidenceError {
  const reason = code === 'grub.unsupported' ? 'its measurements cannot be predicted' : 'not a GRUB script';
  return new EvidenceError(code, `GRUB configuration: ${message}: ${reason} (${part})`, { part });
}
