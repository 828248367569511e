/** Bodies under way: what slow and large ones take from everybody else. */

import { describe, expect, it } from 'vitest';
import { DEFAULT_LIMITS } from '../../src/service/settings.ts';
import { capturedRequest, post } from './captured.ts';
import { connectRaw, splitRequest, type RawConnection } from './raw-connection.ts';
import { startTestService } from './running.ts';

const whole = JSON.stringify(capturedRequest('uki/baseline'));
const [head, rest] = splitRequest(whole);

/** Connections whose bodies are under way: the service has read the first bytes of each. */
async function bodiesUnderWay(url: string, count: number, begin = head): Promise<RawConnection[]> {
  const connections: RawConnection[] = [];
  for (let index = 0; index < count; index++) {
    const connection = await connectRaw(url);
    connection.write(begin);
    connections.push(connection);
  }
  // Sent after them, answered after they were read.
  await fetch(`${url}/healthz`);
  return connections;
}

describe('bodies that come slowly', () => {
  it('hold no place of an appraisal: four of them stopped the service for a minute', async () => {
    const { url } = await startTestService();
    const slow = await bodiesUnderWay(url, 2 * DEFAULT_LIMITS.concurrent);
    expect((await post(url, whole)).status).toBe(200);
    for (const connection of slow) {
      connection.write(rest);
      expect(await connection.ended).toMatch(/^HTTP\/1\.1 200 /);
    }
  });

  it('are taken while they keep to the rate, or lag behind it by less than the grace time', async () => {
    // Ten bytes are there at once, and no more would be owed before the grace time is over.
    const { url } = await startTestService({
      limits: { bodyBytesPerSecond: 1, bodyGrace: 10_000, timeoutInterval: 5 },
    });
    const [connection] = await bodiesUnderWay(url, 1);
    // Each look at the time-outs comes and goes while these are answered.
    for (let round = 0; round < 20; round++) await post(url, whole);
    connection!.write(rest);
    expect(await connection!.ended).toMatch(/^HTTP\/1\.1 200 /);
  });
});

describe('bodies that together hold too much', () => {
  const limits = { bodyBytes: whole.length, receivingBytes: whole.length + 1000 };
  const nearlyWhole = head + rest.slice(0, -10);

  it('lose the largest, and a small one goes on', async () => {
    const { url } = await startTestService({ limits });
    const [small] = await bodiesUnderWay(url, 1);
    const [large] = await bodiesUnderWay(url, 1, nearlyWhole);
    // The small one grows past what is left: the other is refused, being larger.
    small!.write(rest.slice(0, 2000));
    const answer = await large!.ended;
    expect(answer).toMatch(/^HTTP\/1\.1 503 /);
    expect(answer).toContain('"code":"service.busy"');
    small!.write(rest.slice(2000));
    expect(await small!.ended).toMatch(/^HTTP\/1\.1 200 /);
  });

  it('count no more once they are answered, refused or given up', async () => {
    const { url } = await startTestService({ limits });
    expect((await post(url, whole)).status).toBe(200);
    expect((await post(url, `${whole} `)).status).toBe(413);
    const [begun] = await bodiesUnderWay(url, 1, nearlyWhole);
    begun!.close();
    // Given up is known once the service saw the connection end.
    let response = await post(url, whole);
    while (response.status === 503) response = await post(url, whole);
    expect(response.status).toBe(200);
  });
});

describe('connections of one address', () => {
  it('beyond its share are closed, and let in again when others end', async () => {
    const { url } = await startTestService({ limits: { connectionsPerAddress: 2, connections: 100 } });
    const first = await connectRaw(url);
    const second = await connectRaw(url);
    const third = await connectRaw(url);
    expect(await third.ended).toBe('');
    first.write(head);
    first.write(rest);
    expect(await first.ended).toMatch(/^HTTP\/1\.1 200 /);
    second.write(head);
    second.write(rest);
    expect(await second.ended).toMatch(/^HTTP\/1\.1 200 /);
    for (let round = 0; round < 5; round++) {
      const again = await connectRaw(url);
      again.write(head);
      again.write(rest);
      expect(await again.ended).toMatch(/^HTTP\/1\.1 200 /);
    }
  });
});
