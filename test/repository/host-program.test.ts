import { isBuiltin } from 'node:module';
import { build } from 'esbuild';
import { expect, it } from 'vitest';
import { ROOT } from '../support/repository.ts';

/** Everything the commands on a host load, now or later, by its path or package name: bundled as .ci/bundle.mjs does it. */
async function loaded(entry: string): Promise<string[]> {
  const { metafile } = await build({
    absWorkingDir: ROOT,
    entryPoints: [entry],
    bundle: true,
    write: false,
    metafile: true,
    format: 'cjs',
    platform: 'node',
    external: ['koffi', 'express', 'helmet', 'pino'],
    logLevel: 'silent',
  });
  const external = Object.values(metafile.inputs).flatMap(({ imports }) =>
    imports.filter((one) => one.external === true).map(({ path }) => path),
  );
  const packages = Object.keys(metafile.inputs).map(
    (path) => /^node_modules\/((?:@[^/]+\/)?[^/]+)/.exec(path)?.[1] ?? path,
  );
  return [...new Set([...packages, ...external])].filter((path) => !isBuiltin(path));
}

it('the commands on a host load libtss2 and nothing of the verifier', async () => {
  const all = await loaded('src/cli/agent-main.ts');
  expect(all).toContain('src/agent/tss2/context.ts');
  const rooms = all.filter((path) => path.startsWith('src/')).map((path) => path.split('/')[1]);
  expect(new Set(rooms)).toEqual(new Set(['agent', 'api', 'bytes', 'cli', 'evidence', 'tpm']));
  expect(all.filter((path) => !path.startsWith('src/')).toSorted()).toEqual(['commander', 'koffi']);
});

it('is able to see what must not be there', async () => {
  expect(await loaded('src/cli/main.ts')).toEqual(
    expect.arrayContaining(['zod', 'express', 'yaml', 'src/service/server.ts']),
  );
});
