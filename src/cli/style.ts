/** Colours of a terminal (ECMA-48 SGR), or none. */

const CODES = {
  bold: [1, 22],
  dim: [2, 22],
  red: [31, 39],
  green: [32, 39],
  yellow: [33, 39],
} as const;

export type Style = { readonly [name in keyof typeof CODES]: (text: string) => string };

export function createStyle(colour: boolean): Style {
  const paint = (name: keyof typeof CODES) => (text: string) =>
    colour ? `\u001b[${CODES[name][0]}m${text}\u001b[${CODES[name][1]}m` : text;
  return {
    bold: paint('bold'),
    dim: paint('dim'),
    red: paint('red'),
    green: paint('green'),
    yellow: paint('yellow'),
  };
}
