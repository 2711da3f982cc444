/** Breaking lines: between words, between the signs of scripts that have no spaces, and inside a word that is too long. */

const WIDE = "\\u2e80-\\ua4cf\\uac00-\\ud7af\\uf900-\\ufaff\\ufe30-\\ufe4f\\uff00-\\uffef";
const PARTS = new RegExp(`[${WIDE}]|[^\\s${WIDE}]+\\s*|\\s+`, "gu");

/**
 * Lines broken so that they are not wider than `width`.
 * @param {string[]} lines
 * @param {number} width
 * @param {(text: string) => number} measure how wide a text is
 * @param {number} most rows; what follows is left out
 * @returns {string[]}
 */
export function wrapped(lines, width, measure, most) {
  const rows = [];
  for (const line of lines) {
    if (rows.length >= most) break;
    let row = "";
    for (const part of line.match(PARTS) ?? []) {
      if (measure((row + part).trimEnd()) <= width) {
        row += part;
        continue;
      }
      if (row !== "") rows.push(row.trimEnd());
      row = "";
      for (const sign of part) {
        if (row !== "" && measure((row + sign).trimEnd()) > width) {
          rows.push(row);
          row = "";
          if (rows.length >= most) break;
        }
        row += sign;
      }
    }
    rows.push(row.trimEnd());
  }
  return rows.slice(0, most);
}
