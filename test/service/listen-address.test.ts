import { describe, expect, it } from 'vitest';
import { parseListenAddress } from '../../src/service/listen-address.ts';

describe('the address to listen on', () => {
  it.each([
    ['127.0.0.1:8480', { host: '127.0.0.1', port: 8480 }],
    ['127.1.2.3:0', { host: '127.1.2.3', port: 0 }],
    ['[::1]:65535', { host: '::1', port: 65535 }],
  ])('is read: %s', (text, expected) => {
    expect(parseListenAddress(text)).toEqual(expected);
  });

  it.each([
    '0.0.0.0:8480',
    '192.0.2.1:8480',
    '[::]:8480',
    '[::ffff:127.0.0.1]:8480',
    'localhost:8480',
    '127.0.0.1.example.com:8480',
    '127.256.0.1:8480',
    '128.0.0.1:1',
  ])('is refused unless it is loopback: %s', (text) => {
    expect(() => parseListenAddress(text)).toThrow(expect.objectContaining({ name: 'UsageError' }));
  });

  it.each(['8480', '127.0.0.1', '127.0.0.1:', '127.0.0.1:65536', '::1:80', '127.0.0.1:80 ', '', ':80'])(
    'is refused unless it is an address and a port: %j',
    (text) => {
      expect(() => parseListenAddress(text)).toThrow(expect.objectContaining({ code: 'listen.invalid' }));
    },
  );
});
