/** GRUB's `[` and `test` (GRUB manual, "test"). */

/** Whether a path names a file or folder, a file, a folder; and a file's size. */
export interface PathQuery {
  kind(path: string): 'file' | 'folder' | 'none';
  size(path: string): number;
}

/**
 * The expression's value, or undefined for an operator that is not known here.
 * @param words the arguments, without the command's name and the closing bracket
 */
export function evaluateTest(words: readonly string[], paths: PathQuery): boolean | undefined {
  const operators = words.map((word, index) => (word === '-o' || word === '-a' ? index : -1)).filter((at) => at >= 0);
  let any = false;
  let all = true;
  let start = 0;
  for (const at of [...operators, words.length]) {
    const value = evaluateTerm(words.slice(start, at), paths);
    if (value === undefined) return undefined;
    all = all && value;
    // -a binds closer than -o
    if (words[at] !== '-a') {
      any = any || all;
      all = true;
    }
    start = at + 1;
  }
  return any;
}

function evaluateTerm(words: readonly string[], paths: PathQuery): boolean | undefined {
  let start = 0;
  while (words[start] === '!') start++;
  const value = evaluatePrimary(words.slice(start), paths);
  return value === undefined || start % 2 === 0 ? value : !value;
}

function evaluatePrimary(words: readonly string[], paths: PathQuery): boolean | undefined {
  const [first = '', second = '', third = ''] = words;
  if (words.length === 0) return false;
  if (words.length === 1) return first !== '';
  if (words.length === 2) {
    switch (first) {
      case '-z':
        return second === '';
      case '-n':
        return second !== '';
      case '-e':
        return paths.kind(second) !== 'none';
      case '-f':
        return paths.kind(second) === 'file';
      case '-d':
        return paths.kind(second) === 'folder';
      case '-s':
        return paths.kind(second) === 'file' && paths.size(second) > 0;
      default:
        return undefined;
    }
  }
  if (words.length === 3) {
    if (second === '=' || second === '==') return first === third;
    if (second === '!=') return first !== third;
  }
  return undefined;
}
