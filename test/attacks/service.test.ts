/** Attacks on the service that its own tests do not name. */
import { describe, expect, test } from 'vitest';
import { UsageError } from '../../src/bytes/errors.ts';
import { parseListenAddress } from '../../src/service/listen-address.ts';
import { startTestService } from '../service/running.ts';

describe('attack 91: a route without authorisation', () => {
  test.each([
    '0.0.0.0:8080',
    '192.0.2.1:8080',
    '[::]:8080',
    '[::ffff:127.0.0.1]:8080',
    'localhost:8080',
    '127.0.0.1.example:80',
  ])('nobody but this machine reaches the service: not %s', (address) => {
    expect(() => parseListenAddress(address)).toThrow(UsageError);
  });
});

test('attack 99: beyond the rate nothing is parsed, and the log says nothing of the body', async () => {
  const service = await startTestService({ limits: { rateBurst: 1, ratePerSecond: 1 }, context: { now: () => 0 } });
  const body = JSON.stringify({ secret: 'swordfish' });
  const send = () =>
    fetch(`${service.url}/v1/appraise`, { method: 'POST', headers: { 'content-type': 'application/json' }, body });
  const first = await send();
  expect(first.status).toBe(400);
  const second = await send();
  expect(second.status).toBe(429);
  expect(await second.json()).toMatchObject({ code: 'service.rate' });
  expect(service.log()).not.toContain('swordfish');
});
