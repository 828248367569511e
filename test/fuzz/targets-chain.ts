/**
 * The whole appraisal over changed evidence. Whatever a host sends, the result is an appraisal: an exception is our own fault,
 * and a changed quote is never trusted.
 */
import { appraise } from '../../src/chain/appraise.ts';
import { createCache } from '../../src/chain/cache.ts';
import type { AppraisalInput } from '../../src/chain/model.ts';
import { contentId } from '../../src/bytes/hash.ts';
import { canonicalJson } from '../../src/bytes/json.ts';
import { bundleToJson, parseBundle } from '../../src/evidence/bundle.ts';
import { inputOf } from '../support/fixtures.ts';
import { forge } from '../support/forge.ts';
import { file } from '../support/ima-list-builder.ts';
import type { Target } from './target.ts';

const input = inputOf('uki-secureboot/baseline');
const { evidence } = input;
const quote = evidence.quotes[0]!;
const cache = createCache();

function judge(changed: Partial<AppraisalInput['evidence']>): string {
  const appraisal = appraise({ ...input, evidence: { ...evidence, ...changed } }, cache);
  canonicalJson(appraisal);
  return appraisal.verdict;
}

/** A part that the signature covers whole: trusted with other bytes would be a forgery. */
function neverTrusted(bytes: Uint8Array, original: Uint8Array | undefined, verdict: string): void {
  if (verdict === 'trusted' && (original === undefined || !Buffer.from(bytes).equals(original))) {
    throw new Error('a changed part was trusted');
  }
}

/** A host whose systemd and IMA both measure into PCR 11. */
const measuring = forge('uki/baseline', (host) => {
  host.records = ['sysinit', 'ready'].map((text) => ({ text }));
  host.entries.push(file('/usr/bin/measured', { pcr: 11 }));
});

const log = (bytes: Uint8Array): { id: string; bytes: Uint8Array } => ({ id: contentId(bytes), bytes });

/** The bundle as text, with short logs and a hint: most of a real one is base64url of the logs. */
function smallBundle(): Uint8Array {
  const hints = new Map([['hostname', 'host \u{e9}\u{1f600}']]);
  const { imaLog: _, ...rest } = evidence;
  return Buffer.from(JSON.stringify(bundleToJson({ ...rest, firmwareLog: log(new Uint8Array(64)), hints })));
}

export const CHAIN_TARGETS: readonly Target[] = [
  {
    name: 'appraise bundle',
    seeds: () => [
      smallBundle(),
      Buffer.from(JSON.stringify({ schema: 'assay.evidence/1', quotes: [], hints: { a: '\ud800' } })),
    ],
    run: (bytes) => void judge(parseBundle(Buffer.from(bytes).toString())),
    refuses: ['EvidenceError'],
    growth: [],
  },
  {
    name: 'appraise attest',
    seeds: () => [quote.attest],
    run: (bytes) => neverTrusted(bytes, quote.attest, judge({ quotes: [{ ...quote, attest: bytes }] })),
    refuses: [],
    growth: [],
  },
  {
    name: 'appraise signature',
    seeds: () => [quote.signature],
    run: (bytes) => neverTrusted(bytes, quote.signature, judge({ quotes: [{ ...quote, signature: bytes }] })),
    refuses: [],
    growth: [],
  },
  {
    name: 'appraise ak',
    seeds: () => [evidence.ak!],
    run: (bytes) => void judge({ ak: bytes }),
    refuses: [],
    growth: [],
  },
  {
    name: 'appraise firmware log',
    seeds: () => [evidence.firmwareLog!.bytes!],
    run: (bytes) => void judge({ firmwareLog: log(bytes) }),
    refuses: [],
    growth: [],
  },
  {
    name: 'appraise systemd log',
    seeds: () => [measuring.evidence.systemdLog!.bytes!],
    run(bytes) {
      const evidence = { ...measuring.evidence, systemdLog: log(bytes) };
      canonicalJson(appraise({ ...measuring, evidence }, cache));
    },
    refuses: [],
    growth: [],
  },
  {
    name: 'appraise ima list',
    seeds: () => [evidence.imaLog!.bytes!],
    run: (bytes) => void judge({ imaLog: log(bytes) }),
    refuses: [],
    growth: [],
  },
];
