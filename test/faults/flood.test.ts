/** Many who ask for challenges, and who answer what is none: nothing they do stays, and what a host does goes again. */

import { beforeEach, describe, expect, it } from 'vitest';
import { toBase64url } from '../../src/bytes/text.ts';
import { joinTokenDigest } from '../../src/service/hosts/enrol.ts';
import { keepHouse } from '../../src/service/housekeeping.ts';
import { listAppraisals } from '../../src/store/appraisals.ts';
import { createJoinToken } from '../../src/store/join-tokens.ts';
import { hostFixture, POLICY_NAME, type HostFixture } from '../service/hosts/host-fixture.ts';
import { SoftwareHost } from '../service/hosts/software-host.ts';
import { ADMIN, NOW, openTestStore, sqliteDatabase, type TestDatabase } from '../store/database.ts';

let fixture: HostFixture;
let database: TestDatabase;
let hosts: SoftwareHost[];

beforeEach(async () => {
  fixture = await hostFixture(async () => {
    const opened = await openTestStore(sqliteDatabase);
    database = opened.database;
    return opened.store;
  });
  await fixture.store.change(ADMIN, (change) =>
    createJoinToken(change, {
      id: 'join-1',
      sha256: joinTokenDigest('t'),
      name: 'rack',
      policy: POLICY_NAME,
      maxUses: 9,
      expiresAt: NOW + 3600_000,
    }),
  );
  hosts = [];
  for (let i = 0; i < 3; i++) {
    const host = new SoftwareHost(fixture.client, { maker: fixture.maker, joinToken: 't' });
    await host.enrol();
    hosts.push(host);
  }
});

/** Rows of every table there is. */
async function rows(): Promise<Record<string, number>> {
  const tables = await database.execute(`select name from sqlite_master where type = 'table'`);
  const counts = tables.map(async ({ name }) => {
    const [row] = await database.execute(`select count(*) as rows from "${String(name)}"`);
    return [String(name), Number(row!['rows'])] as const;
  });
  return Object.fromEntries(await Promise.all(counts));
}

const codes = (settled: readonly PromiseSettledResult<unknown>[]): (string | undefined)[] => [
  ...new Set(
    settled.map((one) => (one.status === 'rejected' ? (one.reason as { readonly code?: string }).code : 'done')),
  ),
];

describe('a flood', () => {
  it('attack 115: of challenges leaves nothing behind, for hosts that are known and for others', async () => {
    const before = await rows();
    const asked = await Promise.allSettled(Array.from({ length: 3000 }, (_, i) => hosts[i % 3]!.challenge()));
    expect(codes(asked)).toEqual(['done']);
    const nonces = asked.map((one) => (one.status === 'fulfilled' ? one.value.nonce : ''));
    expect(new Set(nonces).size).toBe(3000);
    const strangers = Array.from({ length: 1000 }, (_, i) =>
      fixture.client.challenge(`019ab000-0000-7000-8000-${i.toString(16).padStart(12, '0')}`),
    );
    expect(codes(await Promise.allSettled(strangers))).toEqual(['host.unknown']);
    expect(await rows()).toEqual(before);
  });

  it('of answers to challenges that are none, or of another host, leaves nothing behind', async () => {
    const [host, other] = hosts as [SoftwareHost, SoftwareHost];
    const challenge = await host.challenge();
    const message = host.message(challenge);
    const theirs = await other.challenge();
    const before = await rows();
    const foreign = Array.from({ length: 200 }, (_, i) =>
      fixture.client.evidence(host.id, {
        ...message,
        nonce: i % 2 === 0 ? toBase64url(crypto.getRandomValues(new Uint8Array(32))) : theirs.nonce,
      }),
    );
    expect(codes(await Promise.allSettled(foreign))).toEqual(['challenge.foreign']);
    expect(await rows()).toEqual(before);
  });

  it('attack 53: of one answer counts once, and the challenge is forgotten when it has expired', async () => {
    const [host] = hosts as [SoftwareHost];
    const message = host.message(await host.challenge());
    const sent = Array.from({ length: 50 }, () => fixture.client.evidence(host.id, message));
    const settled = await Promise.allSettled(sent);
    expect(settled.filter(({ status }) => status === 'fulfilled')).toHaveLength(1);
    expect(new Set(codes(settled))).toEqual(new Set(['challenge.used', 'done']));
    expect(await listAppraisals(fixture.store.read, { hostId: host.id, limit: 9 })).toHaveLength(1);
    expect((await rows())['redeemed_challenges']).toBe(1);
    fixture.pass(fixture.service.hostLimits.challengeTime + 1);
    await keepHouse({ store: fixture.store, now: fixture.service.now });
    expect((await rows())['redeemed_challenges']).toBe(0);
    await expect(fixture.client.evidence(host.id, message)).rejects.toMatchObject({ code: 'challenge.expired' });
  });
});
