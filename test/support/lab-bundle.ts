/** The parts of a captured lab machine that log tests use, read without the code under test. */
import { readFileSync } from 'node:fs';

interface RawBundle {
  readonly quotes: readonly { readonly pcrs: Readonly<Record<string, Readonly<Record<string, string>>>> }[];
  readonly logs: { readonly firmware: string; readonly ima: string };
}

export interface LabCapture {
  readonly ima: Uint8Array;
  readonly firmware: Uint8Array;
  /** quoted value of a PCR in a bank */
  pcr(bank: string, index: number): Uint8Array;
}

/** Reads `fixtures/<scenario>/<variant>/bundle.json`. */
export function labCapture(scenario: string, variant: string): LabCapture {
  const path = new URL(`../../fixtures/${scenario}/${variant}/bundle.json`, import.meta.url);
  const bundle = JSON.parse(readFileSync(path, 'utf8')) as RawBundle;
  const bytes = (text: string): Uint8Array => new Uint8Array(Buffer.from(text, 'base64url'));
  return {
    ima: bytes(bundle.logs.ima),
    firmware: bytes(bundle.logs.firmware),
    pcr(bank, index) {
      const hex = bundle.quotes.flatMap((quote) => quote.pcrs[bank]?.[String(index)] ?? [])[0];
      if (hex === undefined) throw new Error(`${scenario}/${variant} has no quoted PCR ${index} of ${bank}`);
      return new Uint8Array(Buffer.from(hex, 'hex'));
    },
  };
}
