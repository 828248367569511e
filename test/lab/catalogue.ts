/**
 * Writes `fixtures/catalogue`, what the lab's verifier knows: `npx tsx test/lab/catalogue.ts`. Run it after the fixtures are captured, and
 * commit both together.
 */
import { join } from 'node:path';
import { writeWhole } from './cache.ts';
import { LAB_MANIFESTS, labManifest } from './manifests.ts';
import { labPins, labReferences, pinsOfHost } from './references.ts';

const FIXTURES = new URL('../../fixtures', import.meta.url).pathname;

async function write(folder: string, document: { readonly name: string }): Promise<void> {
  const path = join(FIXTURES, 'catalogue', folder, `${document.name}.json`);
  await writeWhole(path, `${JSON.stringify(document, null, 2)}\n`);
  process.stdout.write(`${path}\n`);
}

for (const name of Object.keys(LAB_MANIFESTS)) await write('manifests', await labManifest(name));
for (const reference of await labReferences(FIXTURES)) await write('references', reference);
const pins = await labPins(FIXTURES);
await write('pins', pins);
await write('pins', pinsOfHost(pins, 'lab-b', 'lab-host-b'));
