/**
 * Reference sets and pins of the lab: key sets, revocations and MOK state from files; firmware from its file, and what no file gives
 * from the log of a second machine; the attestation keys of every machine that was booted.
 */
import { readFile, readdir } from 'node:fs/promises';
import { join } from 'node:path';
import { toHex } from '../../src/bytes/text.ts';
import {
  firmwareReference,
  mokReference,
  requiredDbx,
  secureBootKeys,
  type FirmwareComponent,
  type ReferenceMeta,
} from '../../src/images/references.ts';
import { bytesSource, type ByteSource } from '../../src/images/source.ts';
import type { TcgLog } from '../../src/logs/tcg/model.ts';
import { parseTcgLog } from '../../src/logs/tcg/parse.ts';
import { parsePinSet, type PinSet, type ReferenceSet } from '../../src/references/reference-set.ts';
import { Digests } from '../../src/references/schema.ts';
import { publicName } from '../../src/tpm/names.ts';
import { readPublic2B } from '../../src/tpm/public.ts';
import { dataPackages, type Unpacked } from './packages.ts';
import type { Scenario } from './scenarios.ts';

const EXPIRES_AT = '2099-01-01T00:00:00Z';
const CAPTURE_AUTHOR = 'assay-lab-capture';
const CAPTURE_APPROVER = 'assay-lab-review';
const AUTHOR = 'assay-lab';

const EV_SEPARATOR = 0x00000004;
const EV_NO_ACTION = 0x00000003;
/** Names of the events no file gives, by event type (PC Client Platform Firmware Profile 1.06, 10.4.1). */
const COMPONENT_NAMES: ReadonlyMap<number, string> = new Map([
  [0x00000008, 'crtm-version'],
  [0x80000008, 'pei-volume'],
]);

/** Every reference set of the lab, in the order of their names. */
export async function labReferences(fixtures: string): Promise<ReferenceSet[]> {
  const { ovmf, shim } = await dataPackages();
  const firmware = async (name: string, file: string, scenario: Scenario): Promise<ReferenceSet> => {
    const code = await fileOf(ovmf, `usr/share/OVMF/${file}`);
    const capture = await readCapture(fixtures, scenario, 'second-host');
    const computed = firmwareReference(code, captureMeta(name, ovmf, file));
    const known = new Set(computed.components.map(({ digests }) => digests.sha256));
    const components = capturedComponents(capture.log).filter(({ digests }) => !known.has(digests.sha256));
    return firmwareReference(code, captureMeta(name, ovmf, file), { from: capture.host, components });
  };
  const store = (file: string): Promise<ByteSource> => fileOf(ovmf, `usr/share/OVMF/${file}`);
  const microsoft = 'OVMF_VARS_4M.ms.fd';
  const snakeoil = 'OVMF_VARS_4M.snakeoil.fd';
  return [
    requiredDbx(await store(microsoft), fileMeta('lab-dbx-microsoft', ovmf, microsoft)),
    requiredDbx(await store(snakeoil), fileMeta('lab-dbx-snakeoil', ovmf, snakeoil)),
    secureBootKeys(await store(microsoft), fileMeta('lab-keys-microsoft', ovmf, microsoft)),
    secureBootKeys(await store(snakeoil), fileMeta('lab-keys-snakeoil', ovmf, snakeoil)),
    mokReference(
      await fileOf(shim, 'usr/lib/shim/shimx64.efi.signed'),
      fileMeta('lab-mok-debian-shim', shim, 'shimx64.efi.signed'),
    ),
    await firmware('lab-ovmf', 'OVMF_CODE_4M.fd', 'uki'),
    await firmware('lab-ovmf-secboot', 'OVMF_CODE_4M.secboot.fd', 'uki-secureboot'),
  ];
}

/** What PCR 0 and 2 of a log hold beside separators, as components of a capture. */
export function capturedComponents(log: TcgLog): FirmwareComponent[] {
  return log.events
    .filter(({ pcr, type }) => (pcr === 0 || pcr === 2) && type !== EV_SEPARATOR && type !== EV_NO_ACTION)
    .map(({ pcr, type, digests }) => ({
      component: COMPONENT_NAMES.get(type) ?? `event-${type.toString(16)}`,
      pcr,
      digests: Digests.parse(
        Object.fromEntries(
          Object.entries(digests).flatMap(([bank, value]) =>
            value === undefined ? [] : [[bank, toHex(value as Uint8Array)]],
          ),
        ),
      ),
      basis: 'approved-capture',
    }));
}

/** The attestation keys of every machine in the fixtures, each once. */
export async function labPins(fixtures: string): Promise<PinSet> {
  const hosts = new Map<string, string>();
  for (const folder of await fixtureFolders(fixtures)) {
    const context = await readContext(folder);
    if (context === undefined) continue;
    for (const file of Object.values(context.ak)) {
      const key = readPublic2B(await readFile(join(folder, file)));
      hosts.set(toHex(publicName(key.public, key.bytes)), context.host);
    }
  }
  const sorted = [...hosts]
    .map(([akName, host]) => ({ host, akName }))
    .sort((a, b) => compare(a.host, b.host) || compare(a.akName, b.akName));
  return parsePinSet({ schema: 'assay.pins/1', name: 'lab-hosts', hosts: sorted });
}

/** The part of a pin set that is one host's, under a name of its own. */
export function pinsOfHost({ hosts, ...set }: PinSet, host: string, name: string): PinSet {
  return parsePinSet({ ...set, name, hosts: hosts.filter((pin) => pin.host === host) });
}

interface Context {
  readonly host: string;
  readonly ak: Readonly<Record<string, string>>;
}

async function readCapture(
  fixtures: string,
  scenario: Scenario,
  variant: string,
): Promise<{ host: string; log: TcgLog }> {
  const folder = join(fixtures, scenario, variant);
  const bundle = JSON.parse(await readFile(join(folder, 'bundle.json'), 'utf8')) as { logs: { firmware: string } };
  const context = await readContext(folder);
  if (context === undefined) throw new Error(`${folder} has no evidence: boot it with npm run lab`);
  return { host: context.host, log: parseTcgLog(Buffer.from(bundle.logs.firmware, 'base64url')).untrusted };
}

async function readContext(folder: string): Promise<Context | undefined> {
  try {
    return JSON.parse(await readFile(join(folder, 'context.json'), 'utf8')) as Context;
  } catch (error) {
    // A variant that does not boot has no keys.
    if ((error as NodeJS.ErrnoException).code === 'ENOENT') return undefined;
    throw error;
  }
}

async function fixtureFolders(fixtures: string): Promise<string[]> {
  const scenarios = (await folders(fixtures)).filter((name) => name !== 'catalogue');
  const nested = await Promise.all(
    scenarios.map(async (scenario) =>
      (await folders(join(fixtures, scenario))).map((variant) => join(fixtures, scenario, variant)),
    ),
  );
  return nested.flat();
}

async function folders(path: string): Promise<string[]> {
  const entries = await readdir(path, { withFileTypes: true });
  return entries
    .filter((entry) => entry.isDirectory())
    .map((entry) => entry.name)
    .sort(compare);
}

function fileMeta(name: string, from: Unpacked, file: string): ReferenceMeta {
  return {
    name,
    version: from.version,
    source: `Debian package ${from.package}, file ${file}`,
    author: AUTHOR,
    expiresAt: EXPIRES_AT,
  };
}

function captureMeta(name: string, from: Unpacked, file: string): ReferenceMeta {
  return { ...fileMeta(name, from, file), author: CAPTURE_AUTHOR, approver: CAPTURE_APPROVER };
}

async function fileOf(from: Unpacked, path: string): Promise<ByteSource> {
  return bytesSource(await readFile(join(from.root, path)));
}

function compare(a: string, b: string): number {
  if (a === b) return 0;
  return a < b ? -1 : 1;
}
