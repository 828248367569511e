/** The input of an appraisal that approves nothing: evidence of a fixture, every check with its default parameters. */
import { readFileSync } from 'node:fs';
import * as z from 'zod/mini';
import { fromHex } from '../../src/bytes/text.ts';
import type { AppraisalInput } from '../../src/chain/model.ts';
import { CATALOGUE } from '../../src/checks/catalogue.ts';
import { parseBundle } from '../../src/evidence/bundle.ts';

export function bareInput(folder: string): AppraisalInput {
  const context = JSON.parse(readFileSync(`${folder}/context.json`, 'utf8')) as {
    nonce: string;
    selection: string;
    at: string;
  };
  return {
    evidence: parseBundle(readFileSync(`${folder}/bundle.json`, 'utf8')),
    policy: {
      name: 'test',
      version: '1',
      id: `sha256:${'0'.repeat(64)}`,
      selection: context.selection,
      maxAgeSeconds: 3600,
      manifests: [],
      references: [],
      pins: null,
      plan: CATALOGUE.map((check) => ({ check: check.id, parameters: z.parse(check.parameters, {}) })),
      excluded: {},
    },
    pins: [{ by: 'caller', publicArea: new Uint8Array(readFileSync(`${folder}/ak-ecc.tpm2b`)) }],
    challenge: { nonce: fromHex(context.nonce) },
    at: Date.parse(context.at),
  };
}
