/** Attacks on the service that its own tests do not name. */
import { expect, test } from 'vitest';
import { startTestService } from '../service/running.ts';

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
