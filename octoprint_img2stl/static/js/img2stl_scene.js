(function (Img2Stl) {
    "use strict";

    // sRGB 0..255 to linear light 0..1, as three.js wants colours of vertices
    const LINEAR = Float32Array.from({length: 256}, function (value, k) {
        const part = k / 255;
        return part <= 0.04045 ? part / 12.92 : Math.pow((part + 0.055) / 1.055, 2.4);
    });

    const LINEAR_BYTES = Uint8Array.from(LINEAR, (part) => Math.round(255 * part));

    // A three.js view of a mesh on the printer's bed. It draws only when something changed.
    Img2Stl.Scene = function (THREE, element, overlay) {
        const self = this;
        const renderer = new THREE.WebGLRenderer({alpha: true, antialias: true});
        const canvas = renderer.domElement;
        const scene = new THREE.Scene();

        const lamp = new THREE.DirectionalLight(0xffffff, 3.1);
        scene.add(new THREE.HemisphereLight(0xffffff, 0x8894a4, 1.1));
        scene.add(lamp);
        scene.add(lamp.target);

        const matt = new THREE.MeshLambertMaterial({color: 0xf2eee6});
        const shining = new THREE.MeshBasicMaterial({vertexColors: true});
        const painted = new THREE.MeshLambertMaterial({vertexColors: true});
        // what lies behind something else shows through it
        const hidden = new THREE.MeshBasicMaterial({
            transparent: true,
            opacity: 0.2,
            depthFunc: THREE.GreaterDepth,
            depthWrite: false
        });
        const lines = new THREE.LineBasicMaterial({transparent: true, opacity: 0.25});
        let solid = null;
        let ghost = null;
        let bed = null;
        let bedKey = "";
        let framedFor = null;
        let radius = 0;
        let shown = null;
        let marked = []; // faces that are coloured for the moment
        let asked = false;

        const render = function () {
            asked = false;
            if (!shown || !canvas.clientWidth) return;
            const pose = orbit.pose();
            const [x, y, z] = shown.lightOf(pose);
            lamp.position.set(x, y, z);
            // it would lie before what is seen from below
            if (bed) bed.visible = orbit.camera.position.z > 0;
            renderer.render(scene, orbit.camera);
            overlay.draw(
                shown.preview.size,
                {
                    project: orbit.project,
                    eye: Img2Stl.look(pose).eye,
                    pixelsPerMm: orbit.pixelsPerMm(),
                    size: [canvas.clientWidth, canvas.clientHeight]
                },
                shown.place
            );
        };
        self.draw = function () {
            if (asked) return;
            asked = true;
            window.requestAnimationFrame(render);
        };
        const orbit = new Img2Stl.Orbit(THREE, canvas, self.draw);
        self.canvas = canvas;
        self.zoom = orbit.zoom;
        self.reset = orbit.reset;
        self.lookAt = orbit.lookAt;
        self.ray = orbit.ray;

        const resize = function () {
            const width = element.clientWidth;
            const height = element.clientHeight;
            if (!width || !height) return;
            renderer.setPixelRatio(Math.min(2, window.devicePixelRatio || 1));
            renderer.setSize(width, height, false);
            orbit.resize(width, height);
            // colours follow the theme, which may have changed meanwhile
            lines.color.setStyle(window.getComputedStyle(element).color);
            self.draw();
        };
        canvas.addEventListener("webglcontextlost", (event) => event.preventDefault());
        canvas.addEventListener("webglcontextrestored", self.draw);

        self.label = function (text) {
            canvas.setAttribute("aria-label", text);
        };

        //~~ what is to be seen

        const attribute = (values) => new THREE.BufferAttribute(values, 3);
        const build = function (what) {
            const geometry = new THREE.BufferGeometry();
            const corners = Img2Stl.corners(what.mesh);
            geometry.setAttribute("position", attribute(corners));
            if (what.backlit) {
                const glow = Img2Stl.glow(what.mesh, what.transmission);
                const colors = new Float32Array(glow.length);
                for (let k = 0; k < glow.length; k++) colors[k] = LINEAR[glow[k]];
                geometry.setAttribute("color", attribute(colors));
            } else {
                const normals = Img2Stl.cornerNormals(what.mesh, corners);
                geometry.setAttribute("normal", attribute(normals));
            }
            if (what.colors) {
                const bytes = new Uint8Array(what.colors.length);
                geometry.setAttribute("color", new THREE.BufferAttribute(bytes, 3, true));
            }
            return geometry;
        };
        // sRGB 0..255 of each corner of each face
        const paint = function (colors) {
            const color = solid.geometry.getAttribute("color");
            for (let k = 0; k < colors.length; k++)
                color.array[k] = LINEAR_BYTES[colors[k]];
            color.needsUpdate = true;
        };
        const putGhost = function (what) {
            if (ghost) {
                scene.remove(ghost);
                ghost.geometry.dispose();
                ghost = null;
            }
            if (!what.ghost || !what.ghost.corners.length) return;
            const geometry = new THREE.BufferGeometry();
            geometry.setAttribute("position", attribute(what.ghost.corners));
            hidden.color.setRGB.apply(
                hidden.color,
                what.ghost.color.map((part) => LINEAR[part])
            );
            ghost = new THREE.Mesh(geometry, hidden);
            ghost.frustumCulled = false;
            scene.add(ghost);
        };
        const putSolid = function (what) {
            if (solid) {
                scene.remove(solid);
                solid.geometry.dispose();
            }
            const material = what.backlit ? shining : what.colors ? painted : matt;
            solid = new THREE.Mesh(build(what), material);
            solid.frustumCulled = false;
            scene.add(solid);
            marked = [];
        };
        const putBed = function (machine) {
            const key = JSON.stringify(machine || null);
            if (key === bedKey) return;
            bedKey = key;
            if (bed) {
                scene.remove(bed);
                bed.geometry.dispose();
                bed = null;
            }
            if (!machine) return;
            const geometry = new THREE.BufferGeometry();
            geometry.setAttribute("position", attribute(Img2Stl.bedLines(machine)));
            bed = new THREE.LineSegments(geometry, lines);
            bed.position.z = -0.05;
            scene.add(bed);
        };
        const aim = function (what) {
            const size = what.preview.size;
            const newRadius = Math.hypot(size[0], size[1], size[2]) / 2;
            const jump = newRadius / radius > 1.6 || newRadius / radius < 0.6;
            if (framedFor !== what.form || jump) {
                framedFor = what.form;
                radius = newRadius;
                orbit.frame(size, what.poseOf, what.back);
            } else {
                orbit.keep(size);
            }
        };

        // {preview, mesh, machine, poseOf, lightOf, form, back}; a relief that is lit adds
        // {backlit, transmission}, a mesh that is coloured {colors, ghost, place}
        self.show = function (what) {
            const isNew =
                !shown ||
                shown.mesh !== what.mesh ||
                shown.backlit !== what.backlit ||
                shown.transmission !== what.transmission ||
                !shown.colors !== !what.colors;
            const isRepainted = isNew || shown.colors !== what.colors;
            shown = what;
            if (isNew) putSolid(what);
            if (isRepainted && what.colors) paint(what.colors);
            if (isRepainted) putGhost(what);
            putBed(what.machine);
            aim(what);
            render();
        };

        // colours some faces for the moment; null gives all of them their own colours again
        self.mark = function (faces, rgb) {
            if (!solid || !shown.colors) return;
            const color = solid.geometry.getAttribute("color");
            const fill = function (face, colorOf) {
                for (let k = 9 * face; k < 9 * face + 9; k++) {
                    color.array[k] = LINEAR_BYTES[colorOf(k)];
                }
            };
            marked.forEach((face) => fill(face, (k) => shown.colors[k]));
            marked = faces || [];
            marked.forEach((face) => fill(face, (k) => rgb[k % 3]));
            color.needsUpdate = true;
            self.draw();
        };

        self.dispose = function () {
            shown = null;
            if (observer) observer.disconnect();
            orbit.dispose();
            renderer.dispose();
            renderer.forceContextLoss();
            canvas.remove();
        };

        canvas.tabIndex = 0;
        canvas.setAttribute("role", "img");
        canvas.setAttribute("data-test-id", "img2stl-viewer-canvas");
        element.appendChild(canvas);
        const observer = window.ResizeObserver ? new ResizeObserver(resize) : null;
        if (observer) {
            observer.observe(element);
        } else {
            $(window).on("resize", resize);
        }
        resize();
    };

    // a scene, or null where there is none to be had
    Img2Stl.tryScene = function (THREE, element, overlay) {
        try {
            return new Img2Stl.Scene(THREE, element, overlay);
        } catch (error) {
            log.info("Photo to print: no 3D view here:", error);
            return null;
        }
    };
})(window.Img2Stl);
