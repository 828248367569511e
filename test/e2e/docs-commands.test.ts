/**
 * The commands of the documentation, run as it shows them: the `sh run` blocks of a page, one after the other, in one shell, in
 * a folder that looks like a checkout. What a page shows as printed must be printed.
 */
import { chmod, mkdir, mkdtemp, rm, symlink, writeFile } from 'node:fs/promises';
import { createServer, type AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { delimiter, dirname, join } from 'node:path';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { isRun, pagesThatRun, textOf } from '../docs/documents.ts';
import { blocksOf, fileOf, missingLines } from '../docs/markdown.ts';
import { writeCpio } from '../lab/cpio.ts';
import { kernelImage, ukiImage } from '../support/image-builder.ts';
import { ROOT } from '../support/repository.ts';
import { bootAs } from '../tools/captured-boot.ts';
import { run } from '../tools/programs.ts';
import { startSoftwareTpm, type SoftwareTpm } from '../tools/software-tpm.ts';

const CHECKOUT = ['dist', 'fixtures', 'node_modules', 'package.json', 'policies', 'src', 'tsconfig.json'];

let folder: string;
let tpm: SoftwareTpm;

beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'assay-docs-'));
  tpm = await startSoftwareTpm(folder);
  await mkdir(join(folder, 'bin'));
  // npx itself is slow and looks for updates.
  await program(
    'npx',
    `case "$1" in
  assay) shift; exec node ${ROOT}/dist/bin/assay.js "$@" ;;
  tsx) shift; exec node ${ROOT}/node_modules/tsx/dist/cli.mjs "$@" ;;
esac
exit 3`,
  );
  // A TPM has three places for keys; the resource manager of a real host keeps them free.
  for (const name of ['createek', 'createak', 'quote']) {
    await program(
      `tpm2_${name}`,
      `tpm2 ${name} "$@" && tpm2 flushcontext -t && tpm2 flushcontext -l && tpm2 flushcontext -s`,
    );
  }
  await bootAs(tpm, join(folder, 'security'), 'uki/baseline');
});

afterAll(async () => {
  await tpm.stop();
  await rm(folder, { recursive: true, force: true });
});

async function program(name: string, body: string): Promise<void> {
  const path = join(folder, 'bin', name);
  await writeFile(path, `#!/bin/sh\n${body}\n`);
  await chmod(path, 0o755);
}

/** A unified kernel image, small: what a page calls `hypervisor.efi`. */
function hypervisorImage(): Uint8Array {
  const module = { kind: 'file', data: Buffer.from('module'), executable: false } as const;
  const initrd = writeCpio(new Map([['lib/modules/kvm.ko', module]]));
  return ukiImage({
    sections: {
      '.osrel': 'ID=hypervisor\n',
      '.cmdline': 'quiet mitigations=auto\n',
      '.linux': kernelImage(),
      '.initrd': initrd,
    },
  });
}

/** What differs here from a reader's machine: where securityfs is, and a port that is free. */
function here(text: string, port: number): string {
  return text
    .replaceAll('/sys/kernel/security/', `${folder}/security/`)
    .replaceAll('127.0.0.1:8480', `127.0.0.1:${port}`);
}

async function freePort(): Promise<number> {
  const server = createServer();
  await new Promise<void>((resolve) => server.listen({ host: '127.0.0.1', port: 0 }, resolve));
  const { port } = server.address() as AddressInfo;
  await new Promise((resolve) => server.close(resolve));
  return port;
}

it.each(pagesThatRun())('%s', async (page) => {
  const blocks = blocksOf(textOf(page));
  const checkout = await mkdtemp(join(folder, 'checkout-'));
  for (const path of CHECKOUT) await symlink(join(ROOT, path), join(checkout, path));
  await writeFile(join(checkout, 'hypervisor.efi'), hypervisorImage());
  const port = await freePort();
  for (const block of blocks) {
    const file = fileOf(block);
    if (file !== undefined) await writeFile(join(checkout, file), here(block.text, port));
  }
  const script = here(
    blocks
      .filter(isRun)
      .map(({ text }) => text)
      .join('\n'),
    port,
  );
  const env = {
    ...tpm.env,
    PATH: [join(folder, 'bin'), '/usr/bin', '/bin', dirname(process.execPath)].join(delimiter),
  };
  const { stdout } = await run('bash', ['-euo', 'pipefail', '-c', script], { cwd: checkout, env });
  const shown = blocks.filter(({ info }) => info === 'printed').map(({ text }) => text);
  expect(missingLines(shown.join('\n'), stdout.toString())).toEqual([]);
});
