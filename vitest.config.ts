import { defineConfig } from 'vitest/config';

/** Unit tests need nothing but Node; `tools` needs the Debian programs of the lab; `corpus` needs ASSAY_CORPUS. */
export default defineConfig({
  test: {
    projects: [
      {
        test: {
          name: 'unit',
          // Reading the modules once per thread instead of once per file halves the time; nothing here keeps global state.
          isolate: false,
          include: ['test/**/*.test.ts'],
          exclude: ['test/lab/**', 'test/corpus/**', 'test/tools/**', 'test/e2e/**'],
          setupFiles: ['test/support/seed.ts'],
        },
      },
      {
        test: {
          name: 'tools',
          include: ['test/lab/**/*.test.ts', 'test/tools/**/*.test.ts', 'test/e2e/**/*.test.ts'],
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
