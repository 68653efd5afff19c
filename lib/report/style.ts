/** How the page looks: on a phone, on a desk, on paper; by day and by night. */
export const STYLE = `
:root {
  color-scheme: light dark;
  --paper: #fbfbfa; --card: #fff; --ink: #1c1f23; --soft: #5b626b; --line: #dcdfe3; --fill: #eceef1;
  --kept: #4f7cac; --purged: #9b3d5a; --near: #a86400;
  --good: #1d6b3f; --look: #8a5200; --bad: #a8232b;
}
@media (prefers-color-scheme: dark) {
  :root {
    --paper: #14161a; --card: #1b1e23; --ink: #e6e8eb; --soft: #a3abb5; --line: #343940; --fill: #2a2f36;
    --kept: #6f9fd1; --purged: #d9809c; --near: #e0a34a;
    --good: #6fca93; --look: #e5b067; --bad: #f28b8b;
  }
}
* { box-sizing: border-box; }
html { -webkit-text-size-adjust: 100%; }
body {
  margin: 0; background: var(--paper); color: var(--ink);
  font: 1rem/1.5 system-ui, -apple-system, 'Segoe UI', Roboto, sans-serif; overflow-wrap: break-word;
}
header, main, footer { max-width: 62rem; margin: 0 auto; padding: 0 1rem; }
header { padding-top: 1.5rem; }
footer { padding-bottom: 3rem; color: var(--soft); font-size: .875rem; }
h1 { font-size: 1.125rem; margin: 0; }
h2 { font-size: 1.125rem; margin: 0 0 .5rem; line-height: 1.3; }
h3 { font-size: 1rem; margin: 1.25rem 0 .25rem; }
p { margin: .25rem 0; }
code { font: .8125em ui-monospace, 'Cascadia Mono', Menlo, Consolas, monospace; color: var(--soft); }
a { color: inherit; }
bdi, code { overflow-wrap: anywhere; }
header p, .aside, .detail, .mode { color: var(--soft); font-size: .875rem; }
.aside { text-align: left; }
nav { margin: .5rem 0 0; font-size: .875rem; }
nav a { display: inline-block; margin-right: 1rem; padding: .25rem 0; }
section { background: var(--card); border: 1px solid var(--line); border-radius: .5rem; padding: 1rem; margin: 1rem 0; }
.verdict { border-top: 4px solid var(--good); }
.verdict.look { border-top-color: var(--look); }
.verdict.bad { border-top-color: var(--bad); }
.verdict h2 { font-size: 1.375rem; }
.status { color: var(--good); }
.status::first-letter { text-transform: uppercase; }
.status::after { content: '.'; }
.look .status { color: var(--look); }
.bad .status { color: var(--bad); }
.status { display: inline-block; }
.figures { display: grid; grid-template-columns: repeat(auto-fit, minmax(8rem, 1fr)); gap: .5rem 1rem; margin: 1rem 0; }
.figures div { display: flex; flex-direction: column-reverse; justify-content: flex-end; }
.figures dt { color: var(--soft); font-size: .875rem; }
.figures dd { margin: 0; font-size: 1.75rem; line-height: 1.2; font-variant-numeric: tabular-nums; }
ul { margin: .25rem 0; padding-left: 1.25rem; }
.plain, .facts { list-style: none; padding: 0; }
.refusals li, .next li { margin: .375rem 0; }
.detail { margin-top: 1rem; }
table { border-collapse: collapse; width: 100%; font-size: .9375rem; }
caption { caption-side: top; padding-bottom: .5rem; }
th, td { text-align: left; vertical-align: top; padding: .5rem .75rem .5rem 0; border-top: 1px solid var(--line); font-weight: 400; }
thead th { border-top: 0; color: var(--soft); font-size: .8125rem; padding-top: 0; padding-bottom: .25rem; }
th:last-child, td:last-child { padding-right: 0; }
.number { text-align: right; font-variant-numeric: tabular-nums; white-space: nowrap; }
.chart .number { width: 5.5rem; vertical-align: bottom; }
.bar { display: block; width: 100%; height: .5rem; margin: .25rem 0; }
.chart tbody .aside { display: block; }
.over .number, .close .number { color: var(--bad); font-weight: 600; }
.close .number { color: var(--look); }
.track { fill: var(--fill); }
.kept { fill: var(--kept); }
.purged { fill: var(--purged); }
.near { fill: var(--near); }
.planned { fill: var(--purged); fill-opacity: .35; stroke: var(--purged); stroke-width: .5; }
.trends { display: grid; grid-template-columns: repeat(auto-fit, minmax(16rem, 1fr)); gap: 1rem 2rem; }
figure { margin: .5rem 0; }
figcaption { font-size: .875rem; }
.columns { display: block; width: 100%; height: 6rem; margin: .25rem 0; border-bottom: 1px solid var(--line); }
.pairs { margin: 0; }
.pairs div { display: flex; flex-wrap: wrap; gap: 0 1rem; padding: .25rem 0; }
.pairs dt { flex: 0 0 12rem; color: var(--soft); }
.pairs dd { margin: 0; }
#users > thead th:first-child { width: 34%; }
#users > thead th:nth-child(2) { width: 7.5rem; }
.name { display: block; font-weight: 600; }
.line { display: block; font-size: .875rem; }
code.line { font-size: .75rem; }
.tag { font-weight: 600; font-size: .8125rem; }
.tag.purge { color: var(--purged); }
.tag.keep { color: var(--soft); }
.tag.done { color: var(--good); }
.tag.bad { color: var(--bad); }
details { font-size: .875rem; margin-top: .25rem; }
summary { color: var(--soft); cursor: pointer; width: fit-content; padding: .125rem 0; }
.facts li { padding: .125rem 0; border-top: 1px dotted var(--line); }
#tools { margin-bottom: 1rem; font-size: .875rem; }
#tools input, #tools select, #tools button {
  font: inherit; color: inherit; background: var(--card); border: 1px solid var(--soft); border-radius: .25rem; padding: .375rem .5rem;
}
#tools p { display: flex; align-items: center; gap: .5rem; margin: .5rem 0; }
#tools label { flex: 0 0 3.25rem; }
#tools input, #tools select { flex: 1 1 auto; min-width: 0; max-width: 30rem; }
#tools button:disabled { color: var(--soft); border-color: var(--line); }
#tools button { white-space: nowrap; }
#count { min-width: 8rem; }
:focus-visible { outline: 2px solid var(--kept); outline-offset: 2px; }
.off { display: none; }
@media (max-width: 40rem) {
  section { padding: .875rem; }
  th, td { padding-right: .5rem; }
  #users, #users > tbody { display: block; }
  #users > caption { display: block; }
  #users > thead { position: absolute; clip-path: inset(50%); height: 1px; width: 1px; overflow: hidden; }
  #users tr { display: grid; grid-template-columns: 1fr auto; border-top: 1px solid var(--line); padding: .625rem 0; }
  #users tr > * { border: 0; padding: 0; }
  #users tr > :last-child { grid-column: 1 / -1; padding-top: .375rem; }
  #users tr > :nth-child(2) { text-align: right; padding-left: .75rem; }
  #users tr.off { display: none; }
}
@media screen {
  #users tr.later, #tools[hidden] { display: none; }
}
@media print {
  :root {
    --paper: #fff; --card: #fff; --ink: #000; --soft: #444; --line: #bbb; --fill: #ddd;
    --kept: #4f7cac; --purged: #9b3d5a; --near: #a86400; --good: #1d6b3f; --look: #8a5200; --bad: #a8232b;
  }
  body { font-size: 10pt; }
  section { border: 0; padding: 0; break-inside: auto; }
  svg { print-color-adjust: exact; -webkit-print-color-adjust: exact; }
  tr, li, figure { break-inside: avoid; }
  h2, h3 { break-after: avoid; }
  nav, #tools { display: none; }
  details::details-content { content-visibility: visible; display: block; block-size: auto; }
}
`;
