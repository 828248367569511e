/** A TCP connection for what no HTTP client would send. */

import { connect, type Socket } from 'node:net';
import { onTestFinished } from 'vitest';

export interface RawConnection {
  write(text: string): void;
  /** goes away without a word more */
  close(): void;
  /** everything received until the peer ended the connection */
  readonly ended: Promise<string>;
}

/** Connects to the service; the connection is closed after the test. */
export async function connectRaw(url: string): Promise<RawConnection> {
  const { hostname, port } = new URL(url);
  const socket = await new Promise<Socket>((resolve, reject) => {
    const opening = connect(Number(port), hostname, () => resolve(opening));
    opening.once('error', reject);
  });
  onTestFinished(() => void socket.destroy());
  const chunks: Buffer[] = [];
  socket.on('data', (chunk: Buffer) => chunks.push(chunk));
  socket.on('error', () => undefined);
  const ended = new Promise<string>((resolve) => {
    socket.once('close', () => resolve(Buffer.concat(chunks).toString()));
  });
  return { write: (text) => void socket.write(text), close: () => void socket.destroy(), ended };
}

/** A whole `POST /v1/appraise` in two parts, the second of which is the rest of the body. */
export function splitRequest(body: string): readonly [string, string] {
  const head = [
    'POST /v1/appraise HTTP/1.1',
    'Host: localhost',
    'Content-Type: application/json',
    `Content-Length: ${Buffer.byteLength(body)}`,
    'Connection: close',
  ].join('\r\n');
  return [`${head}\r\n\r\n${body.slice(0, 10)}`, body.slice(10)];
}
