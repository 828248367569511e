/** The templates of the kernel (Documentation/security/IMA-templates.rst, security/integrity/ima/ima_template.c). */

import type { ImaTemplate } from './model.ts';

/** Longest template name: 15 field ids of at most 16 characters joined by `|` (the kernel's own bounds). */
export const MAX_TEMPLATE_NAME = 255;

/** The built-in templates and the fields they consist of. */
const BUILT_IN = new Map<string, readonly string[]>([
  ['ima', ['d', 'n']],
  ['ima-ng', ['d-ng', 'n-ng']],
  ['ima-sig', ['d-ng', 'n-ng', 'sig']],
  ['ima-ngv2', ['d-ngv2', 'n-ng']],
  ['ima-sigv2', ['d-ngv2', 'n-ng', 'sig']],
  ['ima-buf', ['d-ng', 'n-ng', 'buf']],
  ['ima-modsig', ['d-ng', 'n-ng', 'sig', 'd-modsig', 'modsig']],
  ['evm-sig', ['d-ng', 'n-ng', 'evmsig', 'xattrnames', 'xattrlengths', 'xattrvalues', 'iuid', 'igid', 'imode']],
]);

/** How each field's value is laid out in the template data, and so how the ASCII list shows it. */
type FieldFormat = 'digest' | 'digest-with-algorithm' | 'string' | 'hex' | 'u16' | 'u32';

const FIELD_FORMATS = new Map<string, FieldFormat>([
  ['d', 'digest'],
  ['n', 'string'],
  ['d-ng', 'digest-with-algorithm'],
  ['d-ngv2', 'digest-with-algorithm'],
  ['n-ng', 'string'],
  ['sig', 'hex'],
  ['buf', 'hex'],
  ['d-modsig', 'digest-with-algorithm'],
  ['modsig', 'hex'],
  ['evmsig', 'hex'],
  ['xattrnames', 'string'],
  ['xattrlengths', 'hex'],
  ['xattrvalues', 'hex'],
  ['iuid', 'u32'],
  ['igid', 'u32'],
  ['imode', 'u16'],
]);

/** Layout of a field, or undefined when its id is not known. */
export function fieldFormat(id: string): FieldFormat | undefined {
  return FIELD_FORMATS.get(id);
}

/**
 * The template of that name: a built-in one, or one named by its field list (`ima_template_fmt=`), whose field ids may be
 * unknown to us. A name that is neither has no known fields.
 */
export function templateByName(name: string): ImaTemplate {
  const fields = BUILT_IN.get(name) ?? (name.includes('|') || FIELD_FORMATS.has(name) ? name.split('|') : undefined);
  return { name, fields, unframed: name === 'ima' };
}

/** Whether every field of the template is known. */
export function isKnownTemplate(template: ImaTemplate): boolean {
  return template.fields !== undefined && template.fields.every((id) => FIELD_FORMATS.has(id));
}

/** Whether a name is made as the kernel's are: field ids or a template's name, and the separator. Its length is the caller's to check. */
export function isTemplateName(bytes: Uint8Array): boolean {
  return bytes.length > 0 && bytes.every((c) => isAlphanumeric(c) || c === 0x2d || c === 0x5f || c === 0x7c);
}

function isAlphanumeric(c: number): boolean {
  return (c >= 0x61 && c <= 0x7a) || (c >= 0x30 && c <= 0x39) || (c >= 0x41 && c <= 0x5a);
}
