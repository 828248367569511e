import { expect, it } from 'vitest';
import { DEFAULT_LIMITS } from '../../src/service/settings.ts';
import { textOf } from './documents.ts';

it('docs/operators.md states the limits of the service as they are', () => {
  const rows = [...textOf('docs/operators.md').matchAll(/^\| `(\w+)` \| (\d+) \|/gm)];
  // How often time-outs are looked at is no setting.
  const { timeoutInterval: _, ...limits } = DEFAULT_LIMITS;
  expect(Object.fromEntries(rows.map(([, name, value]) => [name, Number(value)]))).toEqual(limits);
});
