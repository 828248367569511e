/** `npm run bench`: each figure beside its floor, measured in the same run. */
import { parseArgs } from 'node:util';
import { agentMemory } from './agent-memory.ts';
import { cold } from './cold.ts';
import type { Figure } from './figure.ts';
import { imaMemory, imaTime } from './ima.ts';
import { image } from './image.ts';
import { installedPeers } from './peers.ts';
import { FULL, SMOKE } from './measure.ts';
import { start } from './start.ts';
import { warm } from './warm.ts';

const HELP = `Measures the product beside floors that import nothing from it.

usage: npm run bench [-- --json] [--only ID]

  --json      one JSON document on standard output
  --smoke     a few rounds only: whether the figures can be made
  --only ID   one figure: warm, cold, ima, ima-memory, start, agent-memory, image

Figures are ratios, so that they mean the same on any machine. An aim that is missed is shown and changes no exit code: a busy
machine misses aims. Exit codes: 0 measured, 3 a figure could not be measured.
`;

const { values } = parseArgs({
  options: {
    json: { type: 'boolean', default: false },
    only: { type: 'string' },
    smoke: { type: 'boolean', default: false },
    help: { type: 'boolean', default: false },
  },
});
if (values.help) {
  process.stdout.write(HELP);
} else {
  const peers = installedPeers();
  const effort = values.smoke ? SMOKE : FULL;
  const all: readonly (readonly [string, () => Promise<Figure>])[] = [
    ['warm', () => warm(peers, effort)],
    ['cold', () => cold(peers, effort)],
    ['ima', () => imaTime(peers, effort)],
    ['ima-memory', imaMemory],
    ['start', () => start(effort)],
    ['agent-memory', agentMemory],
    ['image', () => image(effort)],
  ];
  const chosen = all.filter(([id]) => values.only === undefined || id === values.only);
  if (chosen.length === 0) throw new Error(`no figure ${values.only}; there are ${all.map(([id]) => id).join(', ')}`);
  const figures: Figure[] = [];
  for (const [, measure] of chosen) {
    const figure = await measure();
    figures.push(figure);
    if (!values.json) process.stdout.write(render(figure));
  }
  if (values.json)
    process.stdout.write(`${JSON.stringify({ schema: 'assay.bench/1', node: process.version, figures })}\n`);
}

function render({ what, unit, value, floor, ratio, aim, peers }: Figure): string {
  const lines = [
    what,
    `  ${value} ${unit}, floor ${floor.value} ${unit} (${floor.what}): ratio ${ratio}, aim ${aim.text}: ${aim.met ? 'met' : 'MISSED'}`,
    ...peers.map((peer) => `  beside it: ${peer.name} ${peer.value}`),
  ];
  return `${lines.join('\n')}\n`;
}
