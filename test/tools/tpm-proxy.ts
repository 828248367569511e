/** Stands between a program and its TPM: sees every command, and may answer instead of the TPM, wait, or cut the line. */

import { connect, createServer, type Server, type Socket } from 'node:net';
import { freePair } from './software-tpm.ts';

/** What happens to a command: null lets it through, bytes are the answer, `cut` ends the connection without one. */
export type Intervention = Uint8Array | 'cut' | null;

export interface TpmProxy {
  readonly tcti: string;
  /** Command codes in the order they came (TPM_CC, TPM 2.0 Part 2, 6.5.2). */
  readonly commands: readonly number[];
  /** Decides about a command before the TPM sees it. */
  before: (code: number, command: Buffer) => Promise<Intervention> | Intervention;
  /** Told of the TPM's answer before the program is. */
  after: (code: number, answer: Buffer) => Promise<void> | void;
  close(): Promise<void>;
}

/** Tag, size and code. */
const HEADER = 10;

/** An answer of nothing but a response code, TPM_ST_NO_SESSIONS. */
export function errorAnswer(code: number): Uint8Array {
  const answer = Buffer.alloc(HEADER);
  answer.writeUInt16BE(0x8001, 0);
  answer.writeUInt32BE(HEADER, 2);
  answer.writeUInt32BE(code, 6);
  return answer;
}

/** @param port of the TPM; its control channel is on the next one */
export async function startTpmProxy(port: number): Promise<TpmProxy> {
  const mine = await freePair();
  const sockets = new Set<Socket>();
  const commands: number[] = [];
  const keep = (socket: Socket): Socket => {
    sockets.add(socket);
    socket.on('close', () => sockets.delete(socket));
    socket.on('error', () => socket.destroy());
    return socket;
  };
  const data = createServer((client) => void serve(keep(client)));
  const control = createServer((client) => {
    const upstream = keep(connect(port + 1, '127.0.0.1'));
    keep(client).pipe(upstream).pipe(client);
    upstream.on('close', () => client.destroy());
  });
  const proxy: TpmProxy = {
    tcti: `swtpm:host=127.0.0.1,port=${mine}`,
    commands,
    before: () => null,
    after: () => undefined,
    async close() {
      for (const socket of sockets) socket.destroy();
      await Promise.all([data, control].map((server) => new Promise((closed) => server.close(closed))));
    },
  };

  async function serve(client: Socket): Promise<void> {
    let bytes = Buffer.alloc(0);
    try {
      for await (const chunk of client as AsyncIterable<Buffer>) {
        bytes = Buffer.concat([bytes, chunk]);
        while (bytes.length >= HEADER && bytes.length >= bytes.readUInt32BE(2)) {
          const command = bytes.subarray(0, bytes.readUInt32BE(2));
          bytes = bytes.subarray(command.length);
          const code = command.readUInt32BE(6);
          commands.push(code);
          const intervention = await proxy.before(code, command);
          if (intervention === 'cut') {
            client.destroy();
            return;
          }
          const answer = intervention ?? (await ask(command));
          if (intervention === null) await proxy.after(code, answer as Buffer);
          client.write(answer);
        }
      }
    } catch {
      client.destroy();
    }
  }

  async function ask(command: Buffer): Promise<Buffer> {
    const upstream = keep(connect(port, '127.0.0.1'));
    upstream.write(command);
    let answer = Buffer.alloc(0);
    for await (const chunk of upstream as AsyncIterable<Buffer>) {
      answer = Buffer.concat([answer, chunk]);
      if (answer.length >= HEADER && answer.length >= answer.readUInt32BE(2)) break;
    }
    return answer;
  }

  await Promise.all([listen(data, mine), listen(control, mine + 1)]);
  return proxy;
}

function listen(server: Server, port: number): Promise<void> {
  return new Promise((resolve, reject) => {
    server.once('error', reject);
    server.listen(port, '127.0.0.1', resolve);
  });
}
