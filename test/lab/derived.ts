/** Variants that need no boot: another variant's fixture with an edited log, or with another host's pins. */
import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import {
  BUNDLE_FILES,
  contextJson,
  judgedBy,
  writeFixture,
  writeJson,
  type BundleJson,
  type ContextJson,
  type FixtureFiles,
} from './bundle.ts';
import {
  eventAdded,
  eventEdited,
  eventRelabelled,
  eventRemoved,
  eventReordered,
  imaAfterKexec,
  logTruncated,
} from './edits.ts';
import { policyOf, type DerivedVariant, type Scenario } from './scenarios.ts';

type LogEdit = { readonly log: 'firmware' | 'ima'; readonly apply: (log: Buffer) => Buffer };

const LOG_EDITS: Readonly<Record<Exclude<DerivedVariant['edit'], 'relayed'>, LogEdit>> = {
  'event-removed': { log: 'firmware', apply: eventRemoved },
  'event-added': { log: 'firmware', apply: eventAdded },
  'event-reordered': { log: 'firmware', apply: eventReordered },
  'event-relabelled': { log: 'firmware', apply: eventRelabelled },
  'event-edited': { log: 'firmware', apply: eventEdited },
  'log-truncated': { log: 'firmware', apply: logTruncated },
  'after-kexec': { log: 'ima', apply: imaAfterKexec },
};

export interface DeriveOptions {
  /** Folder that holds the scenarios' fixtures. */
  readonly out: string;
  readonly scenario: Scenario;
  /** Where the new fixture goes. */
  readonly folder: string;
}

export async function deriveVariant(variant: DerivedVariant, options: DeriveOptions): Promise<void> {
  const source = await readFixture(join(options.out, options.scenario, variant.from));
  const other =
    variant.edit === 'relayed' ? await readFixture(join(options.out, options.scenario, 'second-host')) : source;
  const files = derive(variant.edit, source, other);
  await writeFixture(options.folder, judgedBy(files, policyOf(options.scenario, variant)));
  await writeJson(join(options.folder, 'provenance.json'), {
    schema: 'assay.provenance/1',
    result: 'evidence',
    derivedFrom: variant.from,
    edit: variant.edit,
    keys: 'test keys',
  });
}

/** The fixture that the edit makes of `source`; `other` is the host that relays it. */
export function derive(edit: DerivedVariant['edit'], source: FixtureFiles, other: FixtureFiles): FixtureFiles {
  if (edit === 'relayed') {
    // The second host answers a challenge with the first host's quote: the verifier expects the second host's keys.
    const context = contextJson(source.context.nonce, source.context.at, other.context.host);
    return { bundles: source.bundles, context, pins: other.pins };
  }
  const { log, apply } = LOG_EDITS[edit];
  return {
    ...source,
    bundles: { ecc: withLog(source.bundles.ecc, log, apply), rsa: withLog(source.bundles.rsa, log, apply) },
  };
}

/** The bundle with one of its logs edited. */
export function withLog(bundle: BundleJson, log: 'firmware' | 'ima', apply: (log: Buffer) => Buffer): BundleJson {
  const bytes = apply(Buffer.from(bundle.logs[log], 'base64url'));
  return { ...bundle, logs: { ...bundle.logs, [log]: bytes.toString('base64url') } };
}

export async function readFixture(folder: string): Promise<FixtureFiles> {
  const read = async (name: string): Promise<unknown> =>
    JSON.parse(await readFile(join(folder, name), 'utf8')) as unknown;
  const context = (await read('context.json')) as ContextJson;
  return {
    bundles: {
      ecc: (await read(BUNDLE_FILES.ecc)) as BundleJson,
      rsa: (await read(BUNDLE_FILES.rsa)) as BundleJson,
    },
    context,
    pins: { ecc: await readFile(join(folder, context.ak.ecc)), rsa: await readFile(join(folder, context.ak.rsa)) },
  };
}
