/** The agent as it stays on a host: resident memory after some attestations, beside a Node that does nothing. */
import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { agentService } from '../agent/service.ts';
import { bootAs } from '../tools/captured-boot.ts';
import { start } from '../tools/programs.ts';
import { startSoftwareTpm } from '../tools/software-tpm.ts';
import { atMost, round, type Figure } from './figure.ts';

const ATTESTATIONS = 3;
const BIN = 'dist/bin/assay.js';

export async function agentMemory(): Promise<Figure> {
  const folder = await mkdtemp(join(tmpdir(), 'assay-bench-'));
  const tpm = await startSoftwareTpm(folder);
  const service = await agentService();
  service.verifier.nextAttestationSeconds = 5;
  const logs = await bootAs(tpm, join(folder, 'security'), 'uki/baseline');
  await writeFile(join(folder, 'ca.pem'), service.identity.ca);
  const attested = new Promise<void>((resolve) => {
    service.answered = () => {
      if (service.verifier.accepted.length === ATTESTATIONS) resolve();
    };
  });
  const bare = start('node', ['-e', 'setInterval(() => undefined, 1e9)']);
  const agent = start('node', [BIN, 'agent'], {
    env: {
      TSS2_LOG: 'all+none',
      ASSAY_SERVER: service.url,
      ASSAY_CA: join(folder, 'ca.pem'),
      ASSAY_STATE: join(folder, 'state'),
      ASSAY_TCTI: `swtpm:host=127.0.0.1,port=${tpm.port}`,
      ASSAY_FIRMWARE_LOG: logs.firmwareLog,
      ASSAY_IMA_LOG: logs.imaLog,
    },
  });
  try {
    await Promise.race([
      attested,
      agent.exited.then((code) => Promise.reject(new Error(`the agent ended with ${code}`))),
    ]);
    const [ours, floor] = [await residentMegabytes(agent.pid), await residentMegabytes(bare.pid)];
    return atMost(1.6, {
      id: 'agent-memory',
      what: `resident memory of \`assay agent\` after ${ATTESTATIONS} attestations over TLS`,
      unit: 'MB',
      value: round(ours, 1),
      floor: { what: 'a Node that waits for nothing', value: round(floor, 1) },
      peers: [],
    });
  } finally {
    await Promise.all([agent.stop(), bare.stop()]);
    await Promise.all([service.stop(), tpm.stop()]);
    await rm(folder, { recursive: true, force: true });
  }
}

async function residentMegabytes(pid: number): Promise<number> {
  const status = await readFile(`/proc/${pid}/status`, 'utf8');
  return Number(/^VmRSS:\s+(\d+) kB$/m.exec(status)![1]) / 1024;
}
