/** Run by the benchmark in a process of its own: peak memory with a runtime list of N entries, as JSON on standard output. */
import { readImaList } from './ima-memory-work.ts';

const MB = 1024;
const bare = process.resourceUsage().maxRSS / MB;
const entries = readImaList(Number(process.argv[2]));
process.stdout.write(JSON.stringify({ entries, bare, peak: process.resourceUsage().maxRSS / MB }));
