// A worker that fetches pictures, decodes them to the size in which they are shown, and puts them into their canvases. The
// page's own thread, which answers keys, never waits for a picture. Imports nothing: it is started by its address.

const TIMEOUT_MS = 8000;
const papers = new Map(); // by canvas number

async function show({ canvas, address, width, etag }) {
  const answer = await fetch(address, {
    credentials: "same-origin",
    cache: "no-store", // the tag is ours; kept twice, sixteen pictures a second would fill the browser's disk
    headers: etag ? { "If-None-Match": etag } : {},
    signal: AbortSignal.timeout(TIMEOUT_MS),
  });
  if (answer.status === 304) return { same: true };
  if (!answer.ok) return { missing: true };
  const bitmap = await createImageBitmap(await answer.blob(), { resizeWidth: width, resizeQuality: "medium" });
  const paper = papers.get(canvas);
  if (!paper) bitmap.close(); // given back while the picture was on its way
  else {
    if (paper.canvas.width !== bitmap.width) paper.canvas.width = bitmap.width;
    if (paper.canvas.height !== bitmap.height) paper.canvas.height = bitmap.height;
    paper.transferFromImageBitmap(bitmap); // without a copy; the picture before is given back
  }
  return { etag: answer.headers.get("ETag"), taken: Date.parse(answer.headers.get("X-Taken-At")) };
}

onmessage = async ({ data }) => {
  if (data.paper) papers.set(data.canvas, data.paper.getContext("bitmaprenderer"));
  if (data.drop) papers.delete(data.canvas);
  if (!data.address) return;
  try {
    postMessage({ canvas: data.canvas, ...(await show(data)) });
  } catch {
    postMessage({ canvas: data.canvas, lost: true }); // the wire tells that the server is gone
  }
};
