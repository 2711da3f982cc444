// Excalidraw in a page of its own, with the strokes of `strokes.json`.

import * as React from "react";
import { createRoot } from "react-dom/client";
import { Excalidraw } from "@excalidraw/excalidraw";
import "@excalidraw/excalidraw/index.css";

const elements = await (await fetch("strokes.json")).json();
createRoot(document.getElementById("root")).render(
  <div style={{ height: "100vh" }}>
    <Excalidraw initialData={{ elements }} excalidrawAPI={(api) => (window.excalidraw = api)} />
  </div>,
);
