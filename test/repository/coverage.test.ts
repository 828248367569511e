import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, it } from 'vitest';
import { ROOT, trackedFiles } from '../support/repository.ts';
import { readRoomTable } from '../support/rooms.ts';

/** The last room whose whole work unit tests see. */
const LAST = 'images';

it('every room of the core has floors for its coverage, above which there is something to run', async () => {
  const floors = JSON.parse(readFileSync(join(ROOT, '.ci/coverage.json'), 'utf8')) as Record<
    string,
    Record<string, number>
  >;
  const { order } = readRoomTable();
  expect(Object.keys(floors)).toEqual(order.slice(0, order.indexOf(LAST) + 1));
  for (const [room, floor] of Object.entries(floors)) {
    expect(Object.keys(floor)).toEqual(['statements', 'branches', 'functions', 'lines']);
    for (const percent of Object.values(floor)) expect(percent).toBeGreaterThanOrEqual(80);
    // A floor under no file holds whatever the tests do.
    const sources = (await trackedFiles(`src/${room}`)).filter((path) => path.endsWith('.ts'));
    expect(sources.length, room).toBeGreaterThan(0);
  }
});

it('.ci/run looks at them', () => {
  expect(readFileSync(join(ROOT, '.ci/run'), 'utf8')).toContain('npm run --silent coverage ');
});
