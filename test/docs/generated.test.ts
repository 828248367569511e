import { readFileSync } from 'node:fs';
import { expect, it } from 'vitest';
import { generatedPages } from './pages.ts';

it.each(generatedPages())('$path is what the code says (npx tsx test/docs/main.ts writes it)', ({ path, text }) => {
  expect(readFileSync(path, 'utf8')).toBe(text);
});
