import { describe, expect, it } from 'vitest';
import { isLoopback, parseListenAddress } from '../../src/service/listen-address.ts';

describe('the address to listen on', () => {
  it.each([
    ['127.0.0.1:8480', { host: '127.0.0.1', port: 8480 }],
    ['127.1.2.3:0', { host: '127.1.2.3', port: 0 }],
    ['[::1]:65535', { host: '::1', port: 65535 }],
    ['0.0.0.0:8480', { host: '0.0.0.0', port: 8480 }],
  ])('is read: %s', (text, expected) => {
    expect(parseListenAddress(text)).toEqual(expected);
  });

  it.each(['localhost:8480', '127.0.0.1.example.com:8480', '127.256.0.1:8480', 'verifier.example:1', '[::g]:1'])(
    'is refused when it is a name, which could lead elsewhere: %s',
    (text) => {
      expect(() => parseListenAddress(text)).toThrow(expect.objectContaining({ code: 'listen.invalid' }));
    },
  );

  it.each([
    ['127.0.0.1', true],
    ['127.255.255.255', true],
    ['::1', true],
    ['0.0.0.0', false],
    ['192.0.2.1', false],
    ['128.0.0.1', false],
    ['::', false],
    ['::ffff:127.0.0.1', false],
  ])('is loopback or not: %s', (address, expected) => {
    expect(isLoopback(address)).toBe(expected);
  });

  it.each(['8480', '127.0.0.1', '127.0.0.1:', '127.0.0.1:65536', '::1:80', '127.0.0.1:80 ', '', ':80'])(
    'is refused unless it is an address and a port: %j',
    (text) => {
      expect(() => parseListenAddress(text)).toThrow(expect.objectContaining({ code: 'listen.invalid' }));
    },
  );
});
