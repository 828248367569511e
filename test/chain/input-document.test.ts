/** What is kept of an input makes the same appraisal, to the byte; what is not whole makes none. */
import { describe, expect, it } from 'vitest';
import { contentId } from '../../src/bytes/hash.ts';
import { canonicalJson } from '../../src/bytes/json.ts';
import { appraise } from '../../src/chain/appraise.ts';
import { inputPartIds, readInput, writeInput } from '../../src/chain/input-document.ts';
import type { AppraisalInput } from '../../src/chain/model.ts';
import { replay } from '../../src/chain/replay.ts';
import { writePolicy } from '../../src/policy/stored.ts';
import { hierarchyQualifiedName } from '../../src/tpm/names.ts';
import { writePublic2B } from '../../src/tpm/public.ts';
import { bareInput } from '../support/bare-input.ts';
import { makeEkAuthority } from '../support/ek-authority.ts';
import { forge } from '../support/forge.ts';
import { makeEk } from '../tpm/endorsement-key.ts';
import { makeAk } from '../tpm/software-tpm.ts';

const utf8 = (text: string): Uint8Array => new TextEncoder().encode(text);
const document = (input: AppraisalInput): Uint8Array => utf8(canonicalJson(appraise(input)));

/** The document, and all that it names. */
function kept(input: AppraisalInput) {
  const [first, ...others] = writeInput(input);
  const { roots, crls } = input.trust ?? { roots: [], crls: [] };
  const operators = [...roots.map(({ certificate }) => certificate), ...crls.map(({ list }) => list)];
  const parts = new Map([...others, ...operators].map((bytes) => [contentId(bytes), bytes]));
  return { first, parts, part: (id: string) => parts.get(id) };
}

/** An enrolled host with everything that an input may have. */
async function enrolled(): Promise<AppraisalInput> {
  const [ek, ak, maker] = [makeEk('H-3'), makeAk('ecdsa'), await makeEkAuthority()];
  const input = forge('uki/baseline', (host) => {
    host.ak = ak;
    host.parent = hierarchyQualifiedName('endorsement');
  });
  const list = await maker.revoke([]);
  return {
    ...input,
    pins: [],
    enrolment: {
      host: '019ab000-0000-7000-8000-000000000001',
      ek: writePublic2B(ek.area),
      ekCertificates: [await maker.certify(ek.area)],
      ak: writePublic2B(ak.area),
      akParent: 'endorsement',
      ours: { by: 'join-token', detail: 'join-1' },
      activatedAt: Date.UTC(2026, 10, 1),
    },
    trust: { roots: [maker.root], crls: [{ id: contentId(list), list }] },
    prior: {
      resetCount: 1,
      restartCount: 0,
      clock: (1n << 64n) - 1n,
      firmwareVersion: 7n,
      reactivated: true,
      runtimeList: { id: `sha256:${'0'.repeat(64)}`, bytes: 9, resetCount: 1, restartCount: 0 },
    },
  };
}

describe('an input', () => {
  it.each(['fixtures/uki/baseline', 'fixtures/uki/event-edited', 'fixtures/shim-grub/kexec-new-list'])(
    'of %s comes back as it was',
    (folder) => {
      const { policy, ...rest } = bareInput(folder);
      const input = { ...rest, pins: [], policy: { ...policy, id: contentId(writePolicy(policy)) } };
      const { first, parts, part } = kept(input);
      expect(document(readInput(first, part))).toEqual(document(input));
      expect(inputPartIds(first).toSorted()).toEqual([...parts.keys()].toSorted());
    },
  );

  it('of an enrolled host comes back as it was', async () => {
    const input = await enrolled();
    const { first, parts, part } = kept(input);
    const again = readInput(first, part);
    expect(again).toEqual(input);
    expect(document(again)).toEqual(document(input));
    expect(inputPartIds(first).toSorted()).toEqual([...parts.keys()].toSorted());
  });

  it('is not made of parts that are missing or have another content', async () => {
    const { first, parts } = kept(await enrolled());
    for (const id of parts.keys()) {
      const without = (asked: string) => (asked === id ? undefined : parts.get(asked));
      expect(() => readInput(first, without), id).toThrow(
        expect.objectContaining({ code: 'input.part-missing' }) as Error,
      );
      const altered = (asked: string) => (asked === id ? utf8('{}') : parts.get(asked));
      expect(() => readInput(first, altered), id).toThrow(
        expect.objectContaining({ code: 'input.part-altered' }) as Error,
      );
    }
  });

  it.each<[string, (document: Record<string, unknown>) => void]>([
    ['another schema', (one) => (one['schema'] = 'assay.input/2')],
    ['a key that nobody knows', (one) => (one['waivers'] = [])],
    ['no time', (one) => (one['at'] = 'now')],
    ['a policy that is not named by content', (one) => (one['policy'] = 'kvm-uki')],
  ])('is none with %s', async (_, bend) => {
    const { first, part } = kept(await enrolled());
    const value = JSON.parse(new TextDecoder().decode(first)) as Record<string, unknown>;
    bend(value);
    expect(() => readInput(utf8(JSON.stringify(value)), part)).toThrow(
      expect.objectContaining({ code: 'input.document' }) as Error,
    );
  });

  it.each<[string, (policy: Record<string, unknown>) => void]>([
    ['that is none', (policy) => delete policy['plan']],
    ['with a check this version lacks', (policy) => (policy['plan'] = [{ check: 'boot.magic', parameters: {} }])],
    ['with a parameter that is none', (policy) => (policy['plan'] = [{ check: 'identity.ek-genuine', parameters: 1 }])],
  ])('is not judged under a policy %s', async (_, bend) => {
    const { first, parts } = kept(await enrolled());
    const value = JSON.parse(new TextDecoder().decode(first)) as { policy: string };
    const policy = JSON.parse(new TextDecoder().decode(parts.get(value.policy))) as Record<string, unknown>;
    bend(policy);
    const bytes = utf8(canonicalJson(policy));
    value.policy = contentId(bytes);
    parts.set(value.policy, bytes);
    expect(() => readInput(utf8(JSON.stringify(value)), (id) => parts.get(id))).toThrow(
      expect.objectContaining({ code: 'policy.stored' }) as Error,
    );
  });
});

describe('a replay', () => {
  it('finds the same, and names what differs', async () => {
    const input = await enrolled();
    const { first, part } = kept(input);
    const good = document(input);
    expect(replay(first, good, part)).toMatchObject({ differences: [], made: { verdict: appraise(input).verdict } });
    const value = JSON.parse(new TextDecoder().decode(good)) as Record<string, unknown>;
    const other = { ...value, verdict: 'perhaps', extra: 1, links: [], caps: {} };
    const pointers = replay(first, utf8(canonicalJson(other)), part).differences.map(({ pointer }) => pointer);
    expect(pointers.filter((pointer) => !pointer.startsWith('/links/')).toSorted()).toEqual([
      '/caps',
      '/extra',
      '/verdict',
    ]);
  });

  it.each([
    ['in another form', (text: string) => JSON.stringify(JSON.parse(text), null, 1)],
    ['with a mark before it', (text: string) => `\uFEFF${text}`],
  ])('is not fooled by the same values %s', async (_, change) => {
    const input = await enrolled();
    const { first, part } = kept(input);
    const text = change(new TextDecoder().decode(document(input)));
    expect(replay(first, utf8(text), part).differences).toEqual([
      { pointer: '', kept: 'another form', made: 'RFC 8785' },
    ]);
  });
});

it('of what is different, as much is told as shows what happened', () => {
  const { first, part } = kept(forge('uki/baseline'));
  const made = appraise(forge('uki/baseline'));
  const facts = Array.from({ length: 50 }, (_, i) => ({ name: `fact-${i}` }));
  const { differences } = replay(first, utf8(canonicalJson({ ...made, facts })), part);
  expect(differences).toHaveLength(20);
});
