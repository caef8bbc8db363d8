/**
 * How diagrams look: type and colours, by what a thing is. A colour never stands alone; the word is always beside it. The
 * background is drawn, so that a page's own, light or dark, does not matter.
 */

/** A text that has to fit into so many columns; what is cut off is shown to be missing. */
export function cut(line: string, columns: number): string {
  return line.length <= columns ? line : `${line.slice(0, columns - 1)}…`;
}

/** Columns of a line of small monospaced text in so many units of width; the widest of the usual fonts counts. */
export function columnsIn(width: number): number {
  return Math.floor(width / 7.3);
}

export const style = `
text{font-family:system-ui,-apple-system,"Segoe UI",Roboto,"DejaVu Sans",sans-serif;font-size:13px;fill:#1f2937}
.title{font-size:22px;font-weight:650}
.head{font-size:14px;font-weight:650}
.mono,.path,.dim{font-family:ui-monospace,SFMono-Regular,Menlo,Consolas,"DejaVu Sans Mono",monospace;font-size:12px}
.path{font-size:14px;font-weight:650}
.dim,.note{fill:#5b6b80}
.note{font-size:12px}
.number{font-size:11px;fill:#475569;text-anchor:middle}
.end{text-anchor:end}
.middle{text-anchor:middle}
.label{text-anchor:middle;font-size:12px;fill:#475569;paint-order:stroke;stroke:#fff;stroke-width:6px}
.page{fill:#fff;stroke:#e2e8f0}
.card{fill:#f8fafc;stroke:#cbd5e1}
.dot{fill:#e2e8f0}
.merged{fill:#eef2ff;stroke:#6366f1;stroke-width:1.5}
.kept{fill:#ecfdf5;stroke:#10b981;stroke-width:1.5}
.volatile{fill:#fffbeb;stroke:#f59e0b;stroke-width:1.5}
.read-only{fill:#f1f5f9;stroke:#64748b;stroke-width:1.5}
.rescue{fill:#fef2f2;stroke:#ef4444;stroke-width:1.5}
.down,.write,.read{fill:none;stroke-width:1.5}
.down{stroke:#ef4444;stroke-dasharray:5 3;marker-end:url(#down)}
.write{stroke:#10b981;marker-end:url(#write)}
.read{stroke:#6366f1;marker-end:url(#read)}
.read.stem{marker-end:none}
.down-head{fill:#ef4444}.write-head{fill:#10b981}.read-head{fill:#6366f1}
`;
