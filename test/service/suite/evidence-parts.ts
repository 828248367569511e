/** Runtime lists that do not fit into a request: in parts, for one challenge, and only of the host that answered it. */
import { beforeEach, describe, expect, it } from 'vitest';
import type { ChallengeResponse, ProblemResponse } from '../../../src/api/client.ts';
import { contentId } from '../../../src/bytes/hash.ts';
import { toBase64url } from '../../../src/bytes/text.ts';
import { MAX_PART_BYTES, MAX_RUNTIME_LIST_BYTES } from '../../../src/evidence/bundle.ts';
import { keepHouse } from '../../../src/service/housekeeping.ts';
import { heldBytes } from '../../../src/store/evidence-parts.ts';
import { changeHost } from '../../../src/store/hosts.ts';
import { ADMIN } from '../../store/database.ts';
import { enrolledHost, hostFixture, type HostFixture } from '../hosts/host-fixture.ts';
import type { Answer, SoftwareHost } from '../hosts/software-host.ts';
import type { OpenStore } from '../store.ts';

export function evidencePartsSuite(open: OpenStore): void {
  let fixture: HostFixture;
  let host: SoftwareHost;

  beforeEach(async () => {
    fixture = await hostFixture(open);
    host = await enrolledHost(fixture);
  });

  /** Leaves of the runtime list only its name in the bundle, and remembers its bytes. */
  function named(): { readonly answer: Answer; readonly list: () => Uint8Array } {
    let bytes = new Uint8Array(0);
    const bundle: Answer['bundle'] = (whole) => {
      bytes = new Uint8Array(whole.imaLog!.bytes!);
      return { ...whole, imaLog: { id: contentId(bytes) } };
    };
    return { answer: { bundle }, list: () => bytes };
  }

  /** The grant, which the service gives when it misses the list. */
  async function granted(challenge: ChallengeResponse, answer: Answer, of = host): Promise<string> {
    const problem = await of.answer(challenge, answer).then(
      () => null,
      (cause: unknown) => cause,
    );
    expect(problem).toMatchObject({ code: 'evidence.logs-missing' });
    return (problem as ProblemResponse).grant!;
  }

  const send = (
    { nonce, expiresAt }: ChallengeResponse,
    grant: string,
    index: number,
    bytes: Uint8Array,
    id = host.id,
  ) => fixture.client.evidencePart(id, { nonce, expiresAt, grant, index, bytes: toBase64url(bytes) });

  const held = () => heldBytes(fixture.store.read);

  describe('a list in parts', () => {
    it('is judged as one that came whole, and is held no longer than that', async () => {
      const challenge = await host.challenge();
      const { answer, list } = named();
      const message = host.message(challenge, answer);
      const evidence = () => fixture.client.evidence(host.id, message);
      const grant = await granted(challenge, { ...answer });
      const half = Math.floor(list().length / 2);
      await send(challenge, grant, 1, list().subarray(half));
      await expect(evidence()).rejects.toMatchObject({ code: 'evidence.logs-missing' });
      await send(challenge, grant, 0, list().subarray(0, half));
      expect(await held()).toBe(list().length);
      const { verdict, logs } = await evidence();
      expect([verdict, logs.ima!.bytes]).toEqual(['trusted', list().length]);
      expect(await held()).toBe(0);
      await expect(send(challenge, grant, 0, list())).rejects.toMatchObject({ code: 'challenge.used' });
    });

    it('that is not the one named is missing still', async () => {
      const challenge = await host.challenge();
      const { answer, list } = named();
      const grant = await granted(challenge, answer);
      await send(challenge, grant, 0, list().subarray(1));
      expect(await granted(challenge, answer)).toBe(grant);
    });

    it('is too long where what is kept and what is new are so together', async () => {
      const challenge = await host.challenge();
      const { answer, list } = named();
      const grant = await granted(challenge, answer);
      await send(challenge, grant, 0, list());
      const bundle: Answer['bundle'] = (whole, kept) => ({
        ...answer.bundle!(whole, kept),
        imaLog: { id: contentId(whole.imaLog!.bytes!), tail: new Uint8Array(MAX_RUNTIME_LIST_BYTES) },
      });
      await expect(host.answer(challenge, { bundle })).rejects.toMatchObject({ code: 'evidence.unreadable' });
    });
  });

  describe('nobody fills the service', () => {
    const bytes = new Uint8Array(1000);

    it('without a grant, or with one for another challenge or host', async () => {
      const [challenge, other] = [await host.challenge(), await host.challenge()];
      const grant = await granted(challenge, named().answer);
      const stranger = await enrolledHost(fixture);
      const refused = { code: 'evidence.not-from-host' };
      await expect(send(challenge, toBase64url(new Uint8Array(32)), 0, bytes)).rejects.toMatchObject(refused);
      await expect(send(challenge, '', 0, bytes)).rejects.toMatchObject(refused);
      await expect(send(other, grant, 0, bytes)).rejects.toMatchObject(refused);
      await expect(send(challenge, grant, 0, bytes, stranger.id)).rejects.toMatchObject({ code: 'challenge.foreign' });
      await expect(send(await stranger.challenge(), grant, 0, bytes, stranger.id)).rejects.toMatchObject(refused);
      expect(await held()).toBe(0);
    });

    it('and who is not the host gets no grant', async () => {
      const other = await enrolledHost(fixture);
      const challenge = await host.challenge();
      const theirs = other.message(challenge, named().answer);
      await expect(fixture.client.evidence(host.id, theirs)).rejects.toMatchObject({ code: 'evidence.not-from-host' });
    });

    it('as an unknown or retired host', async () => {
      const challenge = await host.challenge();
      const grant = await granted(challenge, named().answer);
      const unknown = '019ab000-0000-7000-8000-0000000000ff';
      await expect(send(challenge, grant, 0, bytes, unknown)).rejects.toMatchObject({ code: 'host.unknown' });
      await fixture.store.change(ADMIN, (change) => changeHost(change, host.id, { policy: null }));
      await expect(send(challenge, grant, 0, bytes)).rejects.toMatchObject({ code: 'host.no-policy' });
      expect(await held()).toBe(0);
    });

    it('with more than one challenge of a host, or longer than it lives', async () => {
      const [first, second] = [await host.challenge(), await host.challenge()];
      await send(first, await granted(first, named().answer), 0, bytes);
      await send(second, await granted(second, named().answer), 0, bytes);
      expect(await held()).toBe(bytes.length);
      fixture.pass(120_000);
      await expect(send(second, 'AAAA', 1, bytes)).rejects.toMatchObject({ code: 'challenge.expired' });
      await keepHouse(fixture.service);
      expect(await held()).toBe(0);
    });

    it('with parts that are empty or too large, or with more than all hosts may have', async () => {
      fixture = await hostFixture(open, { partsBytes: 2500 });
      host = await enrolledHost(fixture);
      const challenge = await host.challenge();
      const grant = await granted(challenge, named().answer);
      for (const wrong of [new Uint8Array(0), new Uint8Array(MAX_PART_BYTES + 1)]) {
        await expect(send(challenge, grant, 0, wrong)).rejects.toMatchObject({ code: 'request.invalid' });
      }
      for (const index of [0, 1, 0, 1]) await send(challenge, grant, index, bytes);
      await expect(send(challenge, grant, 2, bytes)).rejects.toMatchObject({
        code: 'evidence.parts-full',
        headers: { 'retry-after': '120' },
      });
      expect(await held()).toBe(2 * bytes.length);
    });
  });
}
