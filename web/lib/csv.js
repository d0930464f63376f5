// Tables as files (RFC 4180).

/** A spreadsheet takes a text that begins so for a formula, which somebody's event could bring in: an apostrophe keeps it a text. */
const FORMULA = /^[=+\-@\t\r]/;

/** @param {string | number | null} value */
function cell_of(value) {
  if (value === null) return "";
  if (typeof value === "number") return String(value);
  const text = FORMULA.test(value) ? `'${value}` : value;
  return /[",\r\n]/.test(text) ? `"${text.replaceAll('"', '""')}"` : text;
}

/** @param {(string | number | null)[][]} rows */
export const csv_of = (rows) => rows.map((row) => row.map(cell_of).join(",") + "\r\n").join("");

/** @param {string} name @param {string} text */
export function save_file(name, text) {
  const link = document.createElement("a");
  link.href = URL.createObjectURL(new Blob(["\uFEFF", text], { type: "text/csv;charset=utf-8" }));
  link.download = name;
  link.click();
  setTimeout(() => URL.revokeObjectURL(link.href), 10_000); // the browser has begun to read it by then
}
