/** Text documents: the evidence bundle, policies, manifests, reference and pin sets. */
import { parseJson } from '../../src/bytes/json.ts';
import { bundleToJson, parseBundle } from '../../src/evidence/bundle.ts';
import { parsePolicy } from '../../src/policy/document.ts';
import { parseImageManifest } from '../../src/references/manifest.ts';
import { parsePinSet, parseReferenceSet } from '../../src/references/reference-set.ts';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { ROOT } from '../support/fixtures.ts';
import { fixtureBytes, fixtureFiles, text } from './seeds.ts';
import type { Target } from './target.ts';

const string = (bytes: Uint8Array): string => Buffer.from(bytes).toString();
const refuses = ['EvidenceError', 'PolicyError'];

/** A bundle with short logs: it is mutated as text, and most of a real one is base64url. */
function smallBundle(): Uint8Array {
  const bundle = JSON.parse(string(fixtureBytes('uki/baseline/bundle.json'))) as Record<string, unknown>;
  return text(JSON.stringify({ ...bundle, logs: { firmware: 'AAAA', ima: { id: `sha256:${'0'.repeat(64)}` } } }));
}

function smallManifest(): Uint8Array {
  const manifest = JSON.parse(string(fixtureBytes('catalogue/manifests/lab-uki.json'))) as {
    readonly files: readonly unknown[];
  };
  return text(JSON.stringify({ ...manifest, files: manifest.files.slice(0, 3) }));
}

export const DOCUMENT_TARGETS: readonly Target[] = [
  {
    name: 'json',
    seeds: () => [text('{"a":[1,2.5e3,"\\u00e9",null,true],"b":{"__proto__x":""}}'), text('[[[[]]]]')],
    run: (bytes) => void parseJson(string(bytes)),
    refuses,
    growth: [
      { name: 'depth', n: 1_000_000, make: (n) => text('['.repeat(n)) },
      { name: 'numbers', n: 50_000, make: (n) => text(`[${'1,'.repeat(n)}1]`) },
      { name: 'one string', n: 1_000_000, make: (n) => text(`"${'a'.repeat(n)}"`) },
    ],
  },
  {
    name: 'evidence bundle',
    seeds: () => [smallBundle()],
    run: (bytes) => void JSON.stringify(bundleToJson(parseBundle(string(bytes)))),
    refuses,
    growth: [
      {
        name: 'log',
        n: 1_000_000,
        make: (n) => text(`{"schema":"assay.evidence/1","quotes":[],"logs":{"ima":"${'A'.repeat(n & ~3)}"}}`),
      },
    ],
  },
  {
    name: 'policy',
    seeds: () =>
      ['kvm-uki', 'kvm-uki-secureboot', 'kvm-distribution'].map(
        (name) => new Uint8Array(readFileSync(join(ROOT, `policies/${name}.yaml`))),
      ),
    run: (bytes) => void parsePolicy(string(bytes)),
    refuses: ['PolicyError'],
    growth: [
      { name: 'list', n: 2000, make: (n) => text(`references:\n${'  - a-name\n'.repeat(n)}`) },
      { name: 'depth', n: 50, make: (n) => text('['.repeat(n)) },
    ],
  },
  {
    name: 'image manifest',
    seeds: () => [smallManifest()],
    run: (bytes) => void parseImageManifest(parseJson(string(bytes))),
    refuses,
    growth: [],
  },
  {
    name: 'reference set',
    seeds: () => fixtureFiles('catalogue/references', '.json').filter(({ length }) => length < 10_000),
    run: (bytes) => void parseReferenceSet(parseJson(string(bytes))),
    refuses,
    growth: [],
  },
  {
    name: 'pin set',
    seeds: () => fixtureFiles('catalogue/pins', '.json'),
    run: (bytes) => void parsePinSet(parseJson(string(bytes))),
    refuses,
    growth: [],
  },
];
