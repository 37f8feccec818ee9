(function (Img2Stl) {
    "use strict";

    // Line drawings of the presets, 32 x 32, as the path of an SVG.
    const ICONS = {
        plaque: "M4 6h24v20H4zM8 10h16v12H8zM8 20l5-5 4 4 3-3 4 4",
        lithophane: "M9 12h14v15H9zM9 23l4-4 4 3 3-3 3 3M16 4v4M7 6l3 3M25 6l-3 3",
        medal:
            "M10 3l4 9M22 3l-4 9M16 12a8 8 0 1 0 0 16a8 8 0 1 0 0-16z" +
            "M16 16.5l1.2 2.5 2.7.4-2 1.9.5 2.7-2.4-1.3-2.4 1.3.5-2.7-2-1.9 2.7-.4z",
        sign:
            "M6 8h20a3 3 0 0 1 3 3v10a3 3 0 0 1-3 3H6a3 3 0 0 1-3-3V11a3 3 0 0 1 3-3z" +
            "M6.5 16h.1M25.5 16h.1M10 14h12M12 19h8",
        coaster: "M10 6h12l6 10-6 10H10L4 16zM12 10h8l3.5 6-3.5 6h-8l-3.5-6z",
        keychain:
            "M16 11a9 9 0 1 0 0 18a9 9 0 1 0 0-18zM16 3a4 4 0 1 0 0 8a4 4 0 1 0 0-8z" +
            "M11 23l3.5-4 2.5 2.5 4-4.5",
        stamp:
            "M13 4h6a2 2 0 0 1 2 2c0 4-2 5-2 10h6a2 2 0 0 1 2 2v5H5v-5a2 2 0 0 1 2-2h6" +
            "c0-5-2-6-2-10a2 2 0 0 1 2-2zM6 27.5h20",
        map: "M4 8l8-3 8 3 8-3v19l-8 3-8-3-8 3zM12 5v19M20 8v19",
        silhouette:
            "M16 4a6 6 0 0 1 4 10.5c0 2.5 8 3 8 9.5v3H4v-3c0-6.5 8-7 8-9.5A6 6 0 0 1 16 4z",
        lamp: "M8 8a8 3 0 0 1 16 0a8 3 0 0 1-16 0zM8 8v16a8 3 0 0 0 16 0V8M11 21l4-5 3 3 3-4",
        arc: "M4 8c8 5 16 5 24 0v15c-8 5-16 5-24 0zM10 22l4-5 3 3 4-4",
        light_box: "M6 10l10-5 10 5v12l-10 5-10-5zM6 10l10 5 10-5M16 15v12",
        cutter:
            "M16 28C7 21 3 16 3 11a6.5 6.5 0 0 1 13-2a6.5 6.5 0 0 1 13 2c0 5-4 10-13 17z" +
            "M16 23c-6-5-9-8.5-9-12a3 3 0 0 1 6-.5l3 4.5 3-4.5a3 3 0 0 1 6 .5c0 3.5-3 7-9 12z",
        stencil: "M4 5h24v22H4zM10 21l6-12 6 12M12.5 16.5h7"
    };
    const CUBE = "M5 10l11-6 11 6v12l-11 6-11-6zM5 10l11 6 11-6M16 16v12";

    Img2Stl.icon = (preset) => ICONS[preset] || CUBE;
})(window.Img2Stl);
