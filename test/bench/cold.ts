/** Cold: a firmware log of 150 events in two banks, from its bytes to replayed PCRs and classified data. */
import { toHex } from '../../src/bytes/text.ts';
import { prepareFirmwareLog } from '../../src/facts/firmware-log.ts';
import { agileLog, GUIDS, separators, signatureList, variable, type EventSpec } from '../support/tcg-log-builder.ts';
import { atMost, round, type Figure } from './figure.ts';
import { floorFirmware } from './floor.ts';
import { compare, type Effort } from './measure.ts';
import type { Peers } from './peers.ts';

const EVENTS = 150;

/** Events in the proportions of a server: variables with keys, boot options, loaded images, commands of a boot loader. */
export function serverLog(): Uint8Array {
  const certificate = Buffer.concat([GUIDS.global, Buffer.alloc(1500, 0x30)]);
  const db = signatureList(GUIDS.x509, [certificate]);
  const events: EventSpec[] = [
    { pcr: 7, type: 0x80000001, data: variable('SecureBoot', GUIDS.global, Buffer.of(1)) },
    ...['PK', 'KEK'].map((name) => ({ pcr: 7, type: 0x80000001, data: variable(name, GUIDS.global, db) })),
    ...['db', 'dbx'].map((name) => ({ pcr: 7, type: 0x80000001, data: variable(name, GUIDS.imageSecurity, db) })),
    ...separators(),
  ];
  for (let i = 0; events.length < EVENTS; i++) {
    const text = `set root=(hd0,gpt${i})`;
    events.push(
      { pcr: 1, type: 0x80000002, data: Buffer.alloc(120, i), measured: Buffer.alloc(120, i) },
      { pcr: 8, type: 0x0d, data: Buffer.from(`grub_cmd: ${text}\0`), measured: Buffer.from(text) },
      { pcr: 4, type: 0x80000007, data: Buffer.from('Calling EFI Application from Boot Option') },
    );
  }
  return agileLog(['sha1', 'sha256'], events.slice(0, EVENTS)).bytes;
}

export async function cold(peers: Peers, effort: Effort): Promise<Figure> {
  const log = serverLog();
  const expected = floorFirmware(log);
  const prepared = prepareFirmwareLog(log);
  for (const [bank, { final }] of prepared.replays) {
    for (const [pcr, value] of final) {
      if (expected.get(`${bank}:${pcr}`) !== toHex(value))
        throw new Error(`${bank} PCR ${pcr} differs from the floor’s`);
    }
  }
  const [floor, ours] = compare(
    [
      { name: 'floor', run: () => floorFirmware(log) },
      { name: 'firmware log, cold', run: () => prepareFirmwareLog(log) },
    ],
    effort,
  );
  return atMost(3, {
    id: 'cold',
    what: `firmware log from bytes: parse, replay and classify ${EVENTS} events in 2 banks`,
    unit: 'µs',
    value: round(ours!.best, 1),
    floor: { what: 'framing, extends and H(data) of the same events', value: round(floor!.best, 1) },
    peers: await peers.eventLog(log),
  });
}
