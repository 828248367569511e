/** Finds what can be removed or turned round in a source without the types noticing: the mutants that tests must kill. */
import { parseSync, Visitor, type Expression, type Program, type Statement } from 'oxc-parser';

export const KINDS = ['guard', 'choice', 'compare', 'logical', 'quantifier', 'boolean'] as const;
export type Kind = (typeof KINDS)[number];

export interface Mutant {
  readonly kind: Kind;
  /** Path of the source, relative to the repository. */
  readonly file: string;
  readonly line: number;
  /** What stands there, on one line, and what replaces it. */
  readonly before: string;
  readonly after: string;
  /** Range of the replaced text, in UTF-16 units. */
  readonly start: number;
  readonly end: number;
}

const COMPARISONS: ReadonlyMap<string, readonly string[]> = new Map([
  ['===', ['!==']],
  ['!==', ['===']],
  ['<', ['<=', '>=']],
  ['<=', ['<', '>']],
  ['>', ['>=', '<=']],
  ['>=', ['>', '<']],
]);

/** Every mutant of a source, in the order of the text. */
export function scan(file: string, source: string): Mutant[] {
  const { program, errors } = parseSync(file, source, { sourceType: 'module' });
  if (errors.length > 0) throw new Error(`${file}: ${errors[0]?.message}`);
  const mutants: Mutant[] = [];
  const add = (kind: Kind, { start, end }: Range, after: string): void => {
    const line = source.slice(0, start).split('\n').length;
    mutants.push({ kind, file, line, before: oneLine(source.slice(start, end)), after, start, end });
  };
  new Visitor({
    // if (…) throw, return, continue or break: the guard never holds.
    IfStatement({ test, consequent, alternate }) {
      if (leaves(consequent) && alternate === null) add('guard', test, 'false');
    },
    // a ? b : c with a call or throw helper: either branch alone.
    ConditionalExpression({ test }) {
      add('choice', test, 'true');
      add('choice', test, 'false');
    },
    BinaryExpression({ operator, left, right }) {
      for (const other of COMPARISONS.get(operator) ?? []) {
        const range = { start: left.start, end: right.end };
        add('compare', range, `${source.slice(left.start, left.end)} ${other} ${source.slice(right.start, right.end)}`);
      }
    },
    LogicalExpression({ operator, left, right }) {
      if (operator === '??') return;
      const range = { start: left.start, end: right.end };
      add('logical', range, source.slice(left.start, left.end));
      add('logical', range, source.slice(right.start, right.end));
    },
    CallExpression({ callee }) {
      if (callee.type !== 'MemberExpression' || callee.property.type !== 'Identifier') return;
      const swapped = new Map([
        ['every', 'some'],
        ['some', 'every'],
      ]).get(callee.property.name);
      if (swapped !== undefined) add('quantifier', callee.property, swapped);
    },
    Literal(node) {
      if (typeof node.value === 'boolean') add('boolean', node, String(!node.value));
    },
  }).visit(program);
  // Types look like values: `true` in a type is no mutant.
  const types = typeRanges(program);
  const inType = ({ start, end }: Mutant): boolean => types.some((type) => type.start <= start && end <= type.end);
  return mutants.filter((mutant) => !inType(mutant)).toSorted((a, b) => a.start - b.start);
}

/** Whether the source is still the one that was scanned, where the mutant is. */
export function fits(source: string, { start, end, before }: Mutant): boolean {
  return oneLine(source.slice(start, end)) === before;
}

function oneLine(text: string): string {
  return text.replace(/\s+/g, ' ');
}

export function apply(source: string, { kind, start, end, after }: Mutant): string {
  const text = kind === 'quantifier' ? after : `(${after})`;
  return `${source.slice(0, start)}${text}${source.slice(end)}`;
}

/** A statement that leaves the function or the loop's round: itself, or the last of a block. */
function leaves(statement: Statement): boolean {
  if (statement.type === 'BlockStatement') {
    const last = statement.body.at(-1);
    return last !== undefined && leaves(last);
  }
  if (statement.type === 'ExpressionStatement') return isRefusalCall(statement.expression);
  return ['ThrowStatement', 'ReturnStatement', 'ContinueStatement', 'BreakStatement'].includes(statement.type);
}

/** `fail(…)`, a call that never returns or notes a problem. */
function isRefusalCall(expression: Expression): boolean {
  if (expression.type !== 'CallExpression') return false;
  const { callee } = expression;
  const name =
    callee.type === 'Identifier'
      ? callee.name
      : callee.type === 'MemberExpression' && callee.property.type === 'Identifier'
        ? callee.property.name
        : '';
  return /^(fail|refuse|error|anomaly|note|push|add)/i.test(name);
}

interface Range {
  readonly start: number;
  readonly end: number;
}

function typeRanges(program: Program): Range[] {
  const ranges: Range[] = [];
  const note = (node: Range): void => void ranges.push(node);
  new Visitor({
    TSTypeAnnotation: note,
    TSInterfaceDeclaration: note,
    TSTypeAliasDeclaration: note,
    TSLiteralType: note,
    TSTypeParameterInstantiation: note,
  }).visit(program);
  return ranges;
}
