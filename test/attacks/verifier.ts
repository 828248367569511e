/** Attacks 84 to 104 on the verifier itself: its policies, its references, the documents it reads, its service. */
import { appraise } from '../../src/chain/appraise.ts';
import { parseBundle } from '../../src/evidence/bundle.ts';
import type { AppraisalInput } from '../../src/chain/model.ts';
import { parsePolicy, type PolicyDocument } from '../../src/policy/document.ts';
import { resolvePolicy } from '../../src/policy/resolve.ts';
import { parseReferenceSet } from '../../src/references/reference-set.ts';
import { catalogue, fixtureFolder, inputOf, readPolicy, ROOT } from '../support/fixtures.ts';
import { readFileSync } from 'node:fs';
import { elsewhere, ima, putU32, sent, type Refused, type Section } from './attack.ts';

const POLICY = 'policies/kvm-uki.yaml';
const policyText = readFileSync(`${ROOT}/${POLICY}`, 'utf8');
const bundleText = readFileSync(`${fixtureFolder('uki/baseline')}/bundle.json`, 'utf8');

const policy = (name: string, attack: (text: string) => string, code: string): Refused => ({
  kind: 'refused',
  name,
  accepted: () => resolvePolicy(parsePolicy(policyText), catalogue),
  attack: () => resolvePolicy(parsePolicy(attack(policyText)), catalogue),
  code,
});

const bundle = (name: string, attack: (text: string) => string, code: string): Refused => ({
  kind: 'refused',
  name,
  accepted: () => parseBundle(bundleText),
  attack: () => parseBundle(attack(bundleText)),
  code,
});

const more = (text: string): string => `${policyText}\n${text}\n`;
const key = (text: string) => (json: string) => json.replace('{', `{ ${text}, `);
/** Each line holds the one before nine times. */
const LAUGHS = ['a', 'b', 'c', 'd', 'e']
  .map(
    (name, i, all) =>
      `${name}: &${name} [${
        i === 0
          ? 1
          : Array(9)
              .fill(`*${all[i - 1]}`)
              .join()
      }]`,
  )
  .join('\n');
const capture = { ...catalogue.references.get('lab-ovmf')! };

/** The policy with some of its document in place of what it says. */
const changed = (change: Partial<PolicyDocument>): AppraisalInput['policy'] =>
  resolvePolicy({ ...readPolicy(POLICY), ...change }, catalogue);
const unpinned = (): AppraisalInput['policy'] => {
  const document = readPolicy(POLICY);
  delete document.pins;
  return resolvePolicy(document, catalogue);
};

export const VERIFIER: Section = {
  84: [
    sent('a policy without pins, and none of the caller', (input) => ({ ...input, policy: unpinned() }), {
      link: 'identity',
      status: 'unproven',
      codes: ['identity.ak-unknown'],
    }),
    sent('a policy without references', (input) => ({ ...input, policy: changed({ references: [] }) }), {
      link: 'firmware',
      status: 'unproven',
      codes: ['firmware.component-unknown'],
    }),
    sent('a policy without images', (input) => ({ ...input, policy: changed({ manifests: [] }) }), {
      link: 'boot',
      status: 'unproven',
      codes: ['boot.manifest-missing'],
    }),
    sent('references that expired', (input) => ({ ...input, at: Date.parse('2099-01-01T00:00:00Z') }), {
      link: 'firmware',
      status: 'unproven',
      codes: ['firmware.component-unknown'],
    }),
    policy(
      'a policy that names no image',
      (text) => text.replace(/manifests:\n(?: {2}.*\n)+/, 'manifests: []\n'),
      'policy.invalid',
    ),
  ],
  85: [
    sent(
      'a runtime list that cannot be read',
      ima((list) => putU32(list, 0, 99)),
      { link: 'log', codes: ['log.malformed'] },
    ),
    sent(
      'a runtime list with an impossible template name',
      ima((list) => putU32(list, 28, 0)),
      { link: 'log', codes: ['log.malformed'] },
    ),
  ],
  87: [
    {
      kind: 'refused',
      name: 'a capture approved by whoever made it',
      accepted: () => parseReferenceSet(capture),
      attack: () => parseReferenceSet({ ...capture, approver: capture.author }),
      code: 'reference.approval',
    },
    {
      kind: 'refused',
      name: 'a capture that nobody approved',
      accepted: () => parseReferenceSet(capture),
      attack: () => parseReferenceSet({ ...capture, approver: undefined }),
      code: 'reference.approval',
    },
  ],
  88: [
    bundle('the key __proto__', key('"__proto__": {}'), 'json.key'),
    bundle(
      'deep nesting',
      (text) => text.replace('"hints"', `"more": ${'['.repeat(100)}${']'.repeat(100)}, "hints"`),
      'json.depth',
    ),
    bundle(
      'more quotes than any host sends',
      (text) => text.replace('"quotes": [', `"quotes": [${'{},'.repeat(9)}`),
      'bundle.invalid',
    ),
    bundle('a PCR value that is a number', (text) => text.replace(/"0": "[0-9a-f]+"/, '"0": 1.5e30'), 'bundle.invalid'),
    bundle('base64 with spare bits', (text) => text.replace(/"ak": "([^"]+)"/, '"ak": "$1="'), 'bundle.invalid'),
    policy('a policy that grows as it is read', () => more(LAUGHS), 'policy.syntax'),
  ],
  91: [
    elsewhere('every operation by callers of every role and of none', 'test/service/access.test.ts'),
    elsewhere('an open address without TLS', 'test/cli/serve-settings.test.ts'),
  ],
  92: [elsewhere('an identity that another host has', 'test/store/suite/hosts.ts')],
  93: [elsewhere('the signing key in an error text', 'test/service/data-directory.test.ts')],
  94: [
    elsewhere('connections that dribble', 'test/service/problems.test.ts'),
    elsewhere('a handshake that does not end', 'test/service/tls.test.ts'),
  ],
  95: [
    {
      kind: 'refused',
      name: 'an exception inside a check',
      accepted: () => appraise(inputOf('uki/baseline')),
      attack: () => {
        const input = inputOf('uki/baseline');
        const plan = input.policy.plan.map((planned) => ({ ...planned, parameters: null }));
        return appraise({ ...input, policy: { ...input.policy, plan } });
      },
      code: 'our own fault',
    },
  ],
  97: [elsewhere('databases of every schema that landed', 'test/store/suite/upgrades.ts')],
  98: [elsewhere('lines of a caller’s in the log, and folders others can read', 'test/service/documents.test.ts')],
  99: [elsewhere('requests beyond the rate', 'test/attacks/service.test.ts')],
  100: [
    policy('an image that is not there', (text) => text.replace('- lab-uki\n', '- lab-uki-\n'), 'policy.unknown-name'),
    policy(
      'a pin set that is not there',
      (text) => text.replace('pins: lab-hosts', 'pins: lab'),
      'policy.unknown-name',
    ),
    policy(
      'a check that is not there',
      (text) => text.replace('runtime.pcr15:', 'runtime.pcr:'),
      'policy.unknown-check',
    ),
    policy('a misspelt parameter', (text) => text.replace('required:', 'require:'), 'policy.parameters'),
    policy('a misspelt key', (text) => text.replace('exclude:', 'excludes:'), 'policy.invalid'),
    policy('one key twice', () => more('name: other'), 'policy.syntax'),
    policy('links 1 to 3 switched off', (text) => text.replace('  secure-boot:', '  log:'), 'policy.invalid'),
    policy(
      'a check of links 1 to 3 accepted',
      () => more('accept: [{ check: log.replays, reason: it never replays here, owner: nobody }]'),
      'policy.intrinsic',
    ),
    policy(
      'a check accepted without a reason',
      () => more("accept: [{ check: boot.order-approved, reason: '', owner: x }]"),
      'policy.invalid',
    ),
  ],
  102: [elsewhere('a time of the caller’s choice', 'test/service/problems.test.ts')],
  104: [
    bundle('a bundle with its own nonce', key('"nonce": "00"'), 'bundle.invalid'),
    bundle('a bundle with its own pin', key('"pins": []'), 'bundle.invalid'),
    bundle('a bundle with its own policy', key('"policy": "kvm-uki"'), 'bundle.invalid'),
    elsewhere('a request with its own pins', 'test/service/problems.test.ts'),
  ],
  107: [
    sent(
      'a host boots an image that an older policy approved',
      () => ({ ...inputOf('uki/no-lockdown'), policy: changed({ manifests: ['lab-uki'] }) }),
      { link: 'boot', codes: ['boot.command-line-unapproved', 'boot.image-unapproved'] },
    ),
  ],
};
