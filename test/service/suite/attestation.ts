/** Challenge and answer: each once, of this host alone, with what is new of its logs, recorded so that it can be made again. */
import { decodeJwt } from 'jose';
import { beforeEach, describe, expect, it } from 'vitest';
import { contentId } from '../../../src/bytes/hash.ts';
import { canonicalJson, parseJson } from '../../../src/bytes/json.ts';
import { fromHex, toBase64url } from '../../../src/bytes/text.ts';
import type { Appraisal } from '../../../src/chain/model.ts';
import type { EvidenceBundle } from '../../../src/evidence/bundle.ts';
import type { EarClaims } from '../../../src/results/ear.ts';
import { thumbprint, type PublicJwk } from '../../../src/results/host.ts';
import { listAppraisals } from '../../../src/store/appraisals.ts';
import { readBlob } from '../../../src/store/blobs.ts';
import { latestBoot } from '../../../src/store/boots.ts';
import { listEvents } from '../../../src/store/events.ts';
import { changeHost, findHost } from '../../../src/store/hosts.ts';
import { createJoinToken } from '../../../src/store/join-tokens.ts';
import { removeTrustRoot } from '../../../src/store/trust-roots.ts';
import { joinTokenDigest } from '../../../src/service/hosts/enrol.ts';
import { publicKeyObject } from '../../../src/tpm/key.ts';
import { binaryList, file } from '../../support/ima-list-builder.ts';
import { ADMIN, NOW } from '../../store/database.ts';
import { hostFixture, POLICY_NAME, type HostFixture } from '../hosts/host-fixture.ts';
import type { ForgedHost } from '../../support/forge.ts';
import { SoftwareHost, type Answer } from '../hosts/software-host.ts';
import type { OpenStore } from '../store.ts';

/** @param open the database it holds on */
export function attestationSuite(open: OpenStore): void {
  let fixture: HostFixture;
  let host: SoftwareHost;

  beforeEach(async () => {
    fixture = await hostFixture(open);
    await fixture.store.change(ADMIN, (change) =>
      createJoinToken(change, {
        id: 'join-1',
        sha256: joinTokenDigest('t'),
        name: 'rack-1',
        policy: POLICY_NAME,
        maxUses: 2,
        expiresAt: NOW + 3600_000,
      }),
    );
    host = new SoftwareHost(fixture.client, { maker: fixture.maker, joinToken: 't' });
    await host.enrol();
  });

  const extra: Answer['change'] = (forged) => void forged.entries.push(file('/usr/bin/miner'));
  const standing = async () => (await findHost(fixture.store.read, host.id))!.last;
  const claimsOf = (token: string) => decodeJwt(token) as unknown as EarClaims;

  describe('a good host', () => {
    it('is trusted, and its result says whose it is and until when', async () => {
      const { verdict, result, nextAttestationSeconds, logs } = await host.attest();
      expect(verdict).toBe('trusted');
      const claims = claimsOf(result);
      expect(claims.sub).toBe(`host:${host.id}`);
      expect(claims.exp - claims.iat).toBe(900);
      expect(claims.cnf).toBeUndefined();
      expect(nextAttestationSeconds).toBe(300);
      expect(logs.ima!.entries).toBeGreaterThan(10);
      expect(await standing()).toMatchObject({ verdict: 'trusted', attestedUntilAt: NOW + 900_000 });
    });

    it('has its signing key in the result when the quote binds it', async () => {
      const jwk = publicKeyObject(host.hostKeyArea).export({ format: 'jwk' }) as unknown as PublicJwk;
      const { result } = await host.attest({ claims: { hostKey: thumbprint(jwk) } });
      expect(claimsOf(result).cnf).toEqual({ jwk });
    });

    it('sends what is new, and is judged over the whole', async () => {
      const { logs } = await host.attest();
      fixture.pass(1000);
      const short: Answer['bundle'] = (bundle, kept) => ({
        ...bundle,
        firmwareLog: { id: kept.firmware! },
        imaLog: { id: kept.ima!.id, tail: bundle.imaLog!.bytes!.subarray(kept.ima!.bytes) },
      });
      const again = await host.attest({ bundle: short });
      expect(again.verdict).toBe('trusted');
      expect(again.logs).toEqual(logs);
      const grown = await host.attest({ change: extra, bundle: short });
      expect(grown.verdict).toBe('untrusted');
      expect(grown.logs.ima!.entries).toBe(logs.ima!.entries + 1);
    });

    it('names systemd’s log where it did not change', async () => {
      const phases = (forged: ForgedHost) =>
        void (forged.records = ['enter-initrd', 'leave-initrd'].map((text) => ({ text })));
      const first = await host.attest({ change: phases });
      expect([first.verdict, first.logs.systemd]).toEqual(['trusted', expect.stringMatching(/^sha256:/)]);
      fixture.pass(1000);
      const named: Answer['bundle'] = (bundle, kept) => ({ ...bundle, systemdLog: { id: kept.systemd! } });
      const again = await host.attest({ change: phases, bundle: named });
      expect([again.verdict, again.logs]).toEqual(['trusted', first.logs]);
      fixture.pass(1000);
      const none = await host.attest();
      expect([none.verdict, none.logs.systemd]).toEqual(['trusted', null]);
      await expect(
        host.attest({ change: phases, bundle: (bundle) => ({ ...bundle, systemdLog: { id: first.logs.systemd! } }) }),
      ).rejects.toMatchObject({
        code: 'evidence.logs-missing',
        missing: [first.logs.systemd],
      });
    });

    it('attack 106: a bad entry keeps it untrusted on the next, quiet attestation, until it boots', async () => {
      await host.attest();
      fixture.pass(1000);
      await host.attest({ change: extra });
      fixture.pass(1000);
      const quiet: Answer['bundle'] = (bundle, kept) => ({
        ...bundle,
        imaLog: { id: kept.ima!.id, tail: new Uint8Array(0) },
      });
      const { verdict, weakestLink } = await host.attest({ change: extra, bundle: quiet });
      expect([verdict, weakestLink]).toEqual(['untrusted', 'runtime']);
      host.clock = { ...host.clock, resetCount: host.clock.resetCount + 1, restartCount: 0 };
      fixture.pass(1000);
      expect((await host.attest()).verdict).toBe('trusted');
      const verdicts = (await listEvents(fixture.store.read, { limit: 100 }))
        .filter(({ action }) => action === 'host.verdict-changed')
        .map(({ detail }) => (detail as { readonly to: string }).to);
      expect(verdicts).toEqual(['trusted', 'untrusted', 'trusted']);
    });

    it('attack 63: entries after the quote wait for the next one', async () => {
      const after = binaryList([file('/usr/bin/miner')]);
      const { verdict, logs } = await host.attest({
        bundle: (bundle) => {
          const bytes = new Uint8Array(Buffer.concat([bundle.imaLog!.bytes!, after]));
          return { ...bundle, imaLog: { id: contentId(bytes), bytes } };
        },
      });
      expect(verdict).toBe('trusted');
      fixture.pass(1000);
      const next = await host.attest({
        change: (forged) => void forged.entries.push(file('/usr/bin/miner')),
        bundle: (bundle, kept) => ({ ...bundle, imaLog: { id: kept.ima!.id, tail: new Uint8Array(after) } }),
      });
      expect([next.verdict, next.weakestLink]).toEqual(['untrusted', 'runtime']);
      expect(next.logs.ima!.entries).toBe(logs.ima!.entries + 1);
    });
  });

  describe('what is kept', () => {
    it('makes the same appraisal again', async () => {
      await host.attest();
      const [row] = await listAppraisals(fixture.store.read, { hostId: host.id, limit: 1 });
      const text = async (id: string) => new TextDecoder().decode(await readBlob(fixture.store.read, id));
      const input = parseJson(await text(row!.inputId)) as { readonly schema: string; readonly policy: string };
      expect(input.schema).toBe('assay.input/1');
      const { id: _, ...content } = fixture.service.policies.get(POLICY_NAME)!;
      expect(await text(input.policy)).toBe(canonicalJson(content));
      const document = parseJson(await text(row!.documentId)) as { readonly verdict: string };
      expect(document.verdict).toBe('trusted');
      expect(claimsOf(row!.token!).submods.host['assay.chain'].appraisal).toBe(row!.documentId);
    });
  });

  describe('challenges', () => {
    it('attack 53: are answered once', async () => {
      const challenge = await host.challenge();
      await host.answer(challenge);
      await expect(host.answer(challenge)).rejects.toMatchObject({ code: 'challenge.used' });
      expect(await listAppraisals(fixture.store.read, { hostId: host.id, limit: 9 })).toHaveLength(1);
    });

    it('attack 53: are redeemed once also when two answers race', async () => {
      const challenge = await host.challenge();
      const results = await Promise.allSettled([host.answer(challenge), host.answer(challenge)]);
      expect(results.map(({ status }) => status).toSorted()).toEqual(['fulfilled', 'rejected']);
    });

    it('expire', async () => {
      const challenge = await host.challenge();
      fixture.pass(120_000);
      await expect(host.answer(challenge)).rejects.toMatchObject({ code: 'challenge.expired' });
      const later = new Date(NOW + 999_000).toISOString();
      await expect(host.answer(challenge, { expiresAt: later })).rejects.toMatchObject({ code: 'challenge.foreign' });
    });

    it.each([
      ['drawn by the host', { nonce: toBase64url(new Uint8Array(32).fill(9)) }],
      ['that are none', { nonce: '***' }],
      ['without a time', { expiresAt: 'soon' }],
      ['with the time in another spelling', { expiresAt: '2026-12-01T00:02:00Z' }],
    ])('%s are foreign', async (_, change) => {
      await expect(host.attest(change)).rejects.toMatchObject({ code: 'challenge.foreign' });
    });

    it('attack 65: of one host are not those of another', async () => {
      const other = new SoftwareHost(fixture.client, { maker: fixture.maker, joinToken: 't' });
      await other.enrol();
      const challenge = await other.challenge();
      await expect(host.answer(challenge)).rejects.toMatchObject({ code: 'challenge.foreign' });
    });
  });

  describe('evidence of somebody else changes nothing', () => {
    const untouched = async (): Promise<void> => {
      expect(await standing()).toBeNull();
      expect(await listAppraisals(fixture.store.read, { hostId: host.id, limit: 9 })).toEqual([]);
    };

    it.each<[string, Answer]>([
      [
        'a signature that is none',
        { change: (forged) => void (forged.bytes = (bytes) => Uint8Array.from([...bytes, 0])) },
      ],
      [
        'claims that were not signed',
        { bundle: (bundle) => ({ ...bundle, claims: { ...bundle.claims!, imaLog: 1 } }) },
      ],
      [
        'no claims',
        {
          bundle: ({ ak, quotes, firmwareLog, imaLog, hints }) =>
            ({ ak, quotes, firmwareLog, imaLog, hints }) as EvidenceBundle,
        },
      ],
      ['no quote', { bundle: (bundle) => ({ ...bundle, quotes: [] }) }],
    ])('%s', async (_, answer) => {
      await expect(host.attest(answer)).rejects.toMatchObject({ code: 'evidence.not-from-host' });
      await untouched();
    });

    it('attack 108: a quote by the AK of another host', async () => {
      const other = new SoftwareHost(fixture.client, { maker: fixture.maker, joinToken: 't' });
      await other.enrol();
      const challenge = await host.challenge();
      await expect(host.answer(challenge, { bundle: () => other.evidence(challenge) })).rejects.toMatchObject({
        code: 'evidence.not-from-host',
      });
      await untouched();
    });
  });

  describe('logs that are only named', () => {
    it('are asked for when they are not kept for this host', async () => {
      const id = `sha256:${'0'.repeat(64)}`;
      const named = host.attest({ bundle: (bundle) => ({ ...bundle, imaLog: { id } }) });
      await expect(named).rejects.toMatchObject({ code: 'evidence.logs-missing', missing: [id] });
    });

    it('are not completed from what another host sent', async () => {
      const other = new SoftwareHost(fixture.client, { maker: fixture.maker, joinToken: 't' });
      await other.enrol();
      const { logs } = await other.attest();
      const stolen = host.attest({ bundle: (bundle) => ({ ...bundle, firmwareLog: { id: logs.firmware! } }) });
      await expect(stolen).rejects.toMatchObject({ code: 'evidence.logs-missing', missing: [logs.firmware] });
    });
  });

  describe('boots', () => {
    it('attack 62: counters that fell are a finding, and what was known stays', async () => {
      await host.attest();
      const before = await latestBoot(fixture.store.read, host.id, (await host.challenge()).ak);
      fixture.pass(1000);
      host.clock = { ...host.clock, resetCount: host.clock.resetCount - 1 };
      const { verdict, weakestLink } = await host.attest();
      expect([verdict, weakestLink]).toEqual(['untrusted', 'quote']);
      expect(await latestBoot(fixture.store.read, host.id, (await host.challenge()).ak)).toEqual(before);
    });

    it('of a TPM that was cleared begin anew when the host has activated again, which is recorded, and once', async () => {
      await host.attest();
      fixture.pass(1000);
      host.clock = { ...host.clock, resetCount: host.clock.resetCount - 1 };
      await host.enrol();
      fixture.pass(1000);
      expect((await host.attest()).verdict).toBe('trusted');
      const { resetCount } = host.clock;
      expect(await latestBoot(fixture.store.read, host.id, (await host.challenge()).ak)).toMatchObject({ resetCount });
      const events = await listEvents(fixture.store.read, { limit: 100 });
      expect(events.filter(({ action }) => action === 'host.tpm-cleared')).toMatchObject([
        { subject: { kind: 'host', id: host.id }, detail: { resetCount: resetCount + 1 } },
      ]);
      fixture.pass(1000);
      host.clock = { ...host.clock, resetCount: resetCount - 1 };
      expect((await host.attest()).verdict).toBe('untrusted');
    });

    const codes = async (): Promise<readonly string[]> => {
      const [row] = await listAppraisals(fixture.store.read, { hostId: host.id, limit: 1 });
      const bytes = await readBlob(fixture.store.read, row!.documentId);
      const { links } = parseJson(new TextDecoder().decode(bytes)) as unknown as Appraisal;
      return links.flatMap(({ findings }) => findings.map(({ code }) => code));
    };
    const tail: Answer['bundle'] = (bundle, kept) =>
      kept.ima === null
        ? bundle
        : { ...bundle, imaLog: { id: kept.ima.id, tail: bundle.imaLog!.bytes!.subarray(kept.ima.bytes) } };

    it.each([
      ['the TPM was reset', 1, 0, 'log.list-of-earlier-boot'],
      // Of one resetCount only what was accepted last is kept, and that is nothing.
      ['the TPM was restarted', 0, 1, 'log.replay-mismatch'],
    ])(
      'a hibernated machine is told to be one, and asked for its whole list: %s',
      async (_, resets, restarts, later) => {
        await host.attest();
        fixture.pass(1000);
        const { resetCount, restartCount } = host.clock;
        host.clock = { ...host.clock, resetCount: resetCount + resets, restartCount: restartCount + restarts };
        // Another kernel measured into PCR 10 before that of the older boot came back, with its list.
        const change: Answer['change'] = (forged) => void forged.values.set(10, new Uint8Array(32).fill(1));
        const { verdict, weakestLink, logs } = await host.attest({ change, bundle: tail });
        expect([verdict, weakestLink, await codes()]).toEqual(['untrusted', 'log', ['log.list-of-earlier-boot']]);
        expect(logs.ima).toBeNull();
        fixture.pass(1000);
        expect((await host.attest({ change, bundle: tail })).verdict).toBe('untrusted');
        expect(await codes()).toEqual([later]);
        fixture.pass(1000);
        host.clock = { ...host.clock, resetCount: host.clock.resetCount + 1, restartCount: 0 };
        expect((await host.attest({ bundle: tail })).verdict).toBe('trusted');
      },
    );

    it('a machine that slept goes on with its list, and one that boots alike is not taken for hibernated', async () => {
      await host.attest();
      fixture.pass(1000);
      host.clock = { ...host.clock, restartCount: host.clock.restartCount + 1 };
      expect((await host.attest({ bundle: tail })).verdict).toBe('trusted');
      fixture.pass(1000);
      host.clock = { ...host.clock, resetCount: host.clock.resetCount + 1, restartCount: 0 };
      expect((await host.attest({ bundle: tail })).verdict).toBe('trusted');
    });

    it('a list that does not replay is just that while no counter rose', async () => {
      await host.attest();
      fixture.pass(1000);
      await host.attest({ change: (forged) => void forged.values.set(10, new Uint8Array(32).fill(1)) });
      expect(await codes()).toEqual(['log.replay-mismatch']);
    });
  });

  describe('who may attest', () => {
    it('a host without a policy is denied (attack 84)', async () => {
      await fixture.store.change(ADMIN, (change) => changeHost(change, host.id, { policy: null }));
      await expect(host.challenge()).rejects.toMatchObject({ code: 'host.no-policy' });
    });
    it('a host whose policy is not loaded is denied (attack 100)', async () => {
      await fixture.store.change(ADMIN, (change) => changeHost(change, host.id, { policy: 'accept-all' }));
      await expect(host.challenge()).rejects.toMatchObject({ code: 'host.no-policy' });
    });
    it('an unknown host is told so, and nothing is kept of it', async () => {
      host.id = '019ab000-0000-7000-8000-0000000000ff';
      await expect(host.challenge()).rejects.toMatchObject({ code: 'host.unknown' });
    });
    it('a host is no longer genuine when its root is removed', async () => {
      await fixture.store.change(ADMIN, (change) => removeTrustRoot(change, fixture.maker.root.id));
      const { verdict, weakestLink, result } = await host.attest();
      expect([verdict, weakestLink]).toEqual(['unproven', 'identity']);
      expect(claimsOf(result).sub).toBeUndefined();
    });
  });

  it('what a PCR 10 was is kept with the list', async () => {
    await host.attest();
    const boot = await latestBoot(fixture.store.read, host.id, (await host.challenge()).ak);
    expect(fromHex(boot!.pcr10['sha256']!)).toHaveLength(32);
  });
}
