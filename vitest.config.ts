import { readFileSync } from 'node:fs';
import { defineConfig } from 'vitest/config';

/** Per cent of each room of the core that unit tests run: a little under what they do. */
const floors = JSON.parse(readFileSync(new URL('.ci/coverage.json', import.meta.url), 'utf8')) as Readonly<
  Record<string, Readonly<Record<'statements' | 'branches' | 'functions' | 'lines', number>>>
>;
const ofRoom = (room: string): string => `src/${room}/**/*.ts`;

/** Unit tests need nothing but Node; `tools` needs the Debian programs of the lab; `corpus` needs ASSAY_CORPUS. */
export default defineConfig({
  test: {
    coverage: {
      provider: 'v8',
      include: Object.keys(floors).map(ofRoom),
      reporter: ['text-summary', 'json-summary'],
      thresholds: Object.fromEntries(Object.entries(floors).map(([room, floor]) => [ofRoom(room), floor])),
    },
    projects: [
      {
        test: {
          name: 'unit',
          // Reading the modules once per thread instead of once per file halves the time; nothing here keeps global state.
          isolate: false,
          // Of two cores vitest leaves one idle.
          maxWorkers: '100%',
          // Projects that run with others must agree on their workers, or take turns.
          sequence: { groupOrder: 1 },
          include: ['test/**/*.test.ts'],
          exclude: ['test/lab/**', 'test/corpus/**', 'test/tools/**', 'test/e2e/**', 'test/faults/**'],
          setupFiles: ['test/support/seed.ts'],
          // Whole suites side by side on two cores: a test that waits for its turn has not failed.
          testTimeout: 30_000,
        },
      },
      {
        test: {
          name: 'tools',
          include: [
            'test/lab/**/*.test.ts',
            'test/tools/**/*.test.ts',
            'test/e2e/**/*.test.ts',
            'test/faults/**/*.test.ts',
          ],
          setupFiles: ['test/support/seed.ts'],
          testTimeout: 120_000,
          hookTimeout: 120_000,
        },
      },
      {
        test: {
          name: 'corpus',
          include: ['test/corpus/**/*.test.ts'],
          setupFiles: ['test/support/seed.ts'],
          testTimeout: 120_000,
        },
      },
    ],
  },
});
