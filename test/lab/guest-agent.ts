/** The agent as it goes into an image: the built command line's part for hosts, the runtime, and the libraries both load by name. */
import { readdir, readFile } from 'node:fs/promises';
import { join } from 'node:path';
import type { GuestAgent } from './initrd.ts';

const ROOT = new URL('../..', import.meta.url).pathname;
const HOME = '/usr/lib/assay';
const LIBRARIES = '/usr/lib/x86_64-linux-gnu';

/** Opened by name at run time. */
const TSS2 = ['libtss2-esys.so.0', 'libtss2-mu.so.0', 'libtss2-tctildr.so.0', 'libtss2-rc.so.0'];

/** Packages the agent's script loads as they are. */
const PACKAGES = ['koffi', '@koromix/koffi-linux-x64'];

/** Needs `npm run build` first. */
export async function guestAgent(): Promise<GuestAgent> {
  const files = new Map<string, Uint8Array>();
  const programs = new Map<string, string>([['/usr/bin/node', process.execPath]]);
  for (const path of ['package.json', 'dist/bin/assay.js', 'dist/bin/host.cjs']) {
    files.set(`${HOME}/${path}`, await readFile(join(ROOT, path)));
  }
  for (const name of PACKAGES) {
    for (const path of await filesBelow(join(ROOT, 'node_modules', name))) {
      const inside = `${HOME}/node_modules/${name}/${path}`;
      const outside = join(ROOT, 'node_modules', name, path);
      if (path.endsWith('.node')) {
        // For the other C library there is nothing in the image to link it to.
        if (!path.includes('musl')) programs.set(inside, outside);
      } else if (/\.(c?js|json)$/.test(path)) files.set(inside, await readFile(outside));
    }
  }
  for (const name of TSS2) programs.set(`${LIBRARIES}/${name}`, `${LIBRARIES}/${name}`);
  return { files, programs };
}

async function filesBelow(folder: string): Promise<string[]> {
  const entries = await readdir(folder, { recursive: true, withFileTypes: true });
  return entries
    .filter((entry) => entry.isFile())
    .map((entry) => join(entry.parentPath, entry.name).slice(folder.length + 1))
    .sort();
}
