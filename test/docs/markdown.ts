/** Fenced blocks of Markdown, and the how-to pages as edits of files. */

export interface Block {
  /** first word of the info string */
  readonly language: string;
  /** the rest of the info string: `file=…`, or words that say who runs it */
  readonly info: string;
  readonly text: string;
  /** line of the opening fence, from 1 */
  readonly line: number;
}

/** Every block fenced with three backticks. @throws Error for one that does not end */
export function blocksOf(markdown: string): Block[] {
  const blocks: Block[] = [];
  let open: { language: string; info: string; line: number; lines: string[] } | undefined;
  for (const [index, line] of markdown.split('\n').entries()) {
    if (open === undefined) {
      const fence = /^```(\S*)\s*(.*)$/.exec(line);
      if (fence !== null) open = { language: fence[1]!, info: fence[2]!, line: index + 1, lines: [] };
    } else if (line === '```') {
      const { language, info, lines } = open;
      blocks.push({ language, info, text: lines.map((text) => `${text}\n`).join(''), line: open.line });
      open = undefined;
    } else open.lines.push(line);
  }
  if (open !== undefined) throw new Error(`the block of line ${open.line} does not end`);
  return blocks;
}

/** The file a block of a how-to names with `file=<path>`. */
export function fileOf({ info }: Block): string | undefined {
  return /^file=(\S+)$/.exec(info)?.[1];
}

/**
 * Applies a `diff` block: hunks separated by `@@`, each of lines that stay (space), go (`-`) and come (`+`).
 * @throws Error when the lines of a hunk that stay or go are not in the source exactly once
 */
export function applyDiff(source: string, diff: string): string {
  return diff.split(/^@@\n/m).reduce((text, hunk) => {
    const lines = hunk.split('\n').filter((line) => line !== '');
    const wrong = lines.find((line) => !/^[ +-]/.test(line));
    if (wrong !== undefined) throw new Error(`not a line of a diff: ${wrong}`);
    const side = (mark: string): string =>
      lines
        .filter((line) => line.startsWith(' ') || line.startsWith(mark))
        .map((line) => `${line.slice(1)}\n`)
        .join('');
    const before = side('-');
    const found = text.split(before).length - 1;
    if (before === '' || found !== 1) throw new Error(`${found} places in the file have these lines:\n${before}`);
    return text.replace(before, () => side('+'));
  }, source);
}

/**
 * Lines of a shown output that the real one lacks, or has only before an earlier line of the block; a line of `…` alone stands
 * for any lines.
 */
export function missingLines(shown: string, printed: string): string[] {
  const lines = printed.split('\n').map((line) => line.trimEnd());
  let from = 0;
  return shown
    .split('\n')
    .map((line) => line.trimEnd())
    .filter((line) => {
      if (line === '' || line === '…') return false;
      const at = lines.indexOf(line, from);
      if (at >= 0) from = at + 1;
      return at < 0;
    });
}
