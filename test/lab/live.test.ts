/**
 * One machine booted here and now: its manifest and its references are computed from the files it boots in the same run, and
 * the verdict must be the fixture's.
 */
import { randomBytes } from 'node:crypto';
import { readFile } from 'node:fs/promises';
import { expect, it } from 'vitest';
import { parseJson, type Json } from '../../src/bytes/json.ts';
import { appraise } from '../../src/chain/appraise.ts';
import type { Appraisal } from '../../src/chain/model.ts';
import { bundleFromJson } from '../../src/evidence/bundle.ts';
import { parsePolicy } from '../../src/policy/document.ts';
import { resolvePolicy } from '../../src/policy/resolve.ts';
import { ensureInstalled } from '../tools/programs.ts';
import { fixtureOf, KEYS } from './bundle.ts';
import { captureVariant } from './capture.ts';
import { IMAGE_PROGRAMS } from './images.ts';
import { MACHINE_PROGRAMS, probeAccelerator } from './machine.ts';
import { labManifest } from './manifests.ts';
import { ORACLE_PROGRAMS } from './oracle.ts';
import { labReferences } from './references.ts';
import { findVariant } from './scenarios.ts';

/** A boot under software emulation takes a minute on an idle machine, the first image of a new machine another two. */
const BOOT_TIMEOUT = 600_000;

/** What must be the same live and from the fixture. */
function judged({ verdict, weakestLink, links }: Pick<Appraisal, 'verdict' | 'weakestLink' | 'links'>) {
  return {
    verdict,
    weakestLink,
    links: Object.fromEntries(links.map(({ link, status }) => [link, status])),
    findings: [...new Set(links.flatMap(({ findings }) => findings.map(({ code }) => code)))].toSorted(),
  };
}

it(
  'uki/baseline, booted now, gives what the fixture gives',
  async () => {
    await ensureInstalled([...IMAGE_PROGRAMS, ...MACHINE_PROGRAMS, ...ORACLE_PROGRAMS]);
    const variant = findVariant('uki', 'baseline');
    if (variant.how !== 'booted') throw new Error('uki/baseline boots');
    const { capture } = await captureVariant({
      scenario: 'uki',
      variant,
      accelerator: await probeAccelerator(),
      nonce: randomBytes(32),
      now: () => new Date(),
      progress: () => {},
    });
    expect(capture).not.toBeNull();
    const { bundles, pins, context } = fixtureOf(capture!);

    const manifests = await Promise.all(['lab-uki', 'lab-uki-no-lockdown'].map(labManifest));
    const references = await labReferences('fixtures');
    const document = parsePolicy(await readFile('policies/kvm-uki.yaml', 'utf8'));
    const { pins: _, ...withoutPins } = document;
    const policy = resolvePolicy(withoutPins, {
      manifests: new Map(manifests.map((manifest) => [manifest.name, manifest])),
      references: new Map(references.map((set) => [set.name, set])),
      pins: new Map(),
    });

    const table = parseJson(await readFile('test/lab/expected.json', 'utf8')) as {
      readonly uki: { readonly baseline: Record<string, Json> };
    };
    const { component: _component, ...expected } = table.uki.baseline;
    for (const key of KEYS) {
      const appraisal = appraise({
        evidence: bundleFromJson(JSON.parse(JSON.stringify(bundles[key])) as Json),
        policy,
        pins: [{ by: 'caller', publicArea: pins[key] }],
        challenge: { nonce: Buffer.from(context.nonce, 'hex') },
        at: capture!.at.getTime(),
      });
      expect(judged(appraisal)).toEqual(expected);
    }
  },
  BOOT_TIMEOUT,
);
