import { describe, expect, it } from 'vitest';
import { contentId } from '../../src/bytes/hash.ts';
import { canonicalJson } from '../../src/bytes/json.ts';
import { LINKS } from '../../src/checks/model.ts';
import { catalogue, policyAt } from '../support/fixtures.ts';
import { assay, documentOf } from './terminal.ts';

const POLICY = 'policies/kvm-uki.yaml';

interface Explained {
  readonly links: readonly {
    readonly link: string;
    readonly excluded: string | null;
    readonly images: readonly object[];
    readonly checks: readonly {
      readonly check: string;
      readonly references: readonly object[];
      readonly hostShows: readonly string[];
    }[];
  }[];
}

const explained = async (...more: string[]): Promise<Explained> =>
  documentOf(await assay(['policy', 'explain', POLICY, '--json', ...more])) as unknown as Explained;

describe('assay policy explain', () => {
  it('says what is asked of every link, and why one is left out', async () => {
    const { links } = await explained();
    expect(links.map(({ link }) => link)).toEqual(LINKS);
    expect(links.filter(({ excluded }) => excluded !== null).map(({ link }) => link)).toEqual(['secure-boot']);
    const asked = links.flatMap(({ checks }) => checks.map(({ check }) => check));
    const planned = policyAt(POLICY).plan.map(({ check }) => check);
    expect(asked).toEqual(planned.filter((check) => !check.startsWith('secure-boot.')));
    expect(links.every(({ checks }) => checks.every(({ hostShows }) => hostShows.length > 0))).toBe(true);
  });

  it('names what a check compares with by content, basis and end', async () => {
    const set = catalogue.references.get('lab-ovmf')!;
    const { links } = await explained('--check', 'firmware.components-known');
    expect(links.flatMap(({ checks }) => checks)).toEqual([
      expect.objectContaining({
        check: 'firmware.components-known',
        minimumBasis: null,
        references: [
          {
            kind: 'firmware',
            name: 'lab-ovmf',
            version: set.version,
            id: contentId(new TextEncoder().encode(canonicalJson(set))),
            bases: ['computed-from-file', 'approved-capture'],
            expiresAt: set.expiresAt,
          },
        ],
        hostShows: ['PCR 0, 2 of sha256, quoted, and logs that replay to them'],
      }),
    ]);
  });

  it('is one page for people', async () => {
    const { out, code } = await assay(['policy', 'explain', POLICY, '--check', 'hypervisor.parameters']);
    expect(code).toBe(0);
    expect(out).toContain('hypervisor\n  uki lab-uki ');
    expect(out).toContain('    parameter  required: ["mitigations=auto');
  });

  it('refuses a check that the policy does not ask', async () => {
    const ended = await assay(['policy', 'explain', POLICY, '--check', 'secure-boot.enabled', '--json']);
    expect(documentOf(ended)).toMatchObject({ code: 'policy.check-not-asked' });
    expect(ended.code).toBe(3);
  });
});
