(function (Img2Stl) {
    "use strict";

    const TAB = "#tab_plugin_img2stl";
    const MESH = /\.(stl|obj|ply|off|glb|gltf|3mf|scad|step|stp)$/i;

    const isMesh = (file) => MESH.test(file.name || "");
    const isImage = (file) => /^image\//.test(file.type) && !isMesh(file);

    // what is being dragged, as far as the browser tells before it is dropped
    const draggedFiles = function (event) {
        const transfer = event.dataTransfer;
        if (!transfer || !Array.from(transfer.types || []).includes("Files")) return null;
        return Array.from(transfer.items || []).filter((item) => item.kind === "file");
    };

    // Giving a photo or a mesh.
    Img2Stl.Photo = function (root) {
        const self = this;
        self.files = new Img2Stl.Files(root);
        self.crop = new Img2Stl.Crop(root);
        self.problem = ko.observable(null);
        self.uploadPercent = ko.observable(null);
        self.sampling = ko.observable(false);
        self.dragging = ko.observable(false);

        self.isBusy = ko.pureComputed(
            () => self.uploadPercent() !== null || self.sampling()
        );
        self.uploadStyle = ko.pureComputed(() => ({
            width: (self.uploadPercent() || 0) + "%"
        }));
        self.uploadText = ko.pureComputed(function () {
            const percent = self.uploadPercent();
            if (percent === null) return "";
            if (percent >= 100) return gettext("The file arrived, one moment …");
            return _.sprintf(gettext("Sending the file: %(percent)d %%"), {
                percent: percent
            });
        });
        const limit = (name) => {
            const state = root.state();
            return (state && state.limits && state.limits[name]) || null;
        };
        // what the content is shows only on the server
        const limitFor = function (file) {
            const [photo, mesh] = [limit("upload_bytes"), limit("mesh_bytes")];
            if (isMesh(file)) return mesh;
            return isImage(file) ? photo : photo && mesh && Math.max(photo, mesh);
        };
        const limitText = (name, text) =>
            ko.pureComputed(() =>
                limit(name) ? _.sprintf(text, {size: formatSize(limit(name))}) : ""
            );
        self.limitText = limitText(
            "upload_bytes",
            gettext("Photos: JPEG, PNG, WebP, GIF, BMP or TIFF, up to %(size)s.")
        );
        self.meshLimitText = limitText(
            "mesh_bytes",
            gettext(
                "3D models: STL, OBJ, PLY, OFF, GLB, GLTF, 3MF, STEP or OpenSCAD, up to %(size)s."
            )
        );
        self.notices = ko.pureComputed(() => (root.job() && root.job().notices) || []);

        // why a file is not even sent, or null
        self.tooLarge = function (file) {
            const most = limitFor(file);
            if (!most || file.size <= most) return null;
            return Img2Stl.problem(
                _.sprintf(
                    isMesh(file)
                        ? gettext(
                              "This file has %(size)s, but at most %(limit)s are taken. Give a model with fewer triangles, or raise the limit in the settings."
                          )
                        : gettext(
                              "This file has %(size)s, but at most %(limit)s are taken. Make the photo smaller, or raise the limit in the settings."
                          ),
                    {size: formatSize(file.size), limit: formatSize(most)}
                )
            );
        };

        //~~ ways in

        self.send = function (file) {
            if (!file || self.isBusy() || !root.can("create")) return;
            self.problem(self.tooLarge(file));
            if (self.problem()) {
                root.show("photo");
                return;
            }
            self.files.close();
            self.uploadPercent(0);
            OctoPrint.plugins.img2stl
                .upload(file, file.name || "photo.png")
                .progress(function (progress) {
                    if (!progress.total) return;
                    self.uploadPercent(
                        Math.min(
                            100,
                            Math.floor((100 * progress.loaded) / progress.total)
                        )
                    );
                })
                .done((answer) => root.adopt(answer[0].job))
                .fail(function (answer) {
                    self.problem(self.uploadFailure(answer[0]));
                    root.show("photo");
                })
                .always(() => self.uploadPercent(null));
        };

        self.uploadFailure = function (xhr) {
            // OctoPrint closes the connection on a body that is too large
            if (xhr.status) return Img2Stl.failure(xhr);
            return Img2Stl.problem(
                gettext(
                    "The file did not arrive. Check the connection, or try a smaller one."
                )
            );
        };

        self.makeSample = function () {
            if (self.isBusy()) return;
            self.problem(null);
            self.sampling(true);
            OctoPrint.plugins.img2stl
                .createSample()
                .done((answer) => root.adopt(answer.job))
                .fail((xhr) => self.problem(Img2Stl.failure(xhr)))
                .always(() => self.sampling(false));
        };

        self.choose = function () {
            document.getElementById("img2stl_file").click();
        };
        self.takePhoto = function () {
            document.getElementById("img2stl_camera").click();
        };
        self.chosen = function (data, event) {
            const input = event.target;
            const file = input.files && input.files[0];
            self.send(file);
            // the same file may be chosen again
            input.value = "";
        };

        //~~ drop and paste. Both listen on the document and before OctoPrint does, because
        //   its own overlay for G-code would otherwise cover this tab.

        const wanted = function (event) {
            if (!root.isVisible() || !root.can("create")) return false;
            const files = draggedFiles(event);
            if (!files) return false;
            const inside = !!$(event.target).closest(TAB).length;
            const onlyImages =
                files.length > 0 && files.every((item) => /^image\//.test(item.type));
            return inside || onlyImages;
        };
        let leaveTimer = null;

        const onDrag = function (event) {
            if (!wanted(event)) return;
            event.preventDefault();
            event.stopPropagation();
            event.dataTransfer.dropEffect = self.isBusy() ? "none" : "copy";
            self.dragging(true);
            // dragover comes several times a second for as long as the drag lasts
            window.clearTimeout(leaveTimer);
            leaveTimer = window.setTimeout(() => self.dragging(false), 600);
        };
        const onDrop = function (event) {
            self.dragging(false);
            if (!wanted(event)) return;
            event.preventDefault();
            event.stopPropagation();
            const files = event.dataTransfer.files;
            if ($(event.target).closest(".img2stl-photos").length) {
                root.photos.add(files, root.solid.views.placeAt(event.target));
            } else if (files.length > 1) {
                self.problem(
                    Img2Stl.problem(
                        gettext(
                            "One file at a time, please; more photos for a job are dropped on its strip of photos."
                        )
                    )
                );
                root.show("photo");
            } else {
                self.send(files[0]);
            }
        };
        const onPaste = function (event) {
            if (!root.isVisible() || !root.can("create")) return;
            const target = $(event.target);
            if (target.is("textarea, input[type=text], input[type=password]")) return;
            if (target.closest(".modal").length) return;
            const files = (event.clipboardData && event.clipboardData.files) || [];
            const file = Array.from(files).find((each) => isImage(each) || isMesh(each));
            if (!file) return;
            event.preventDefault();
            self.send(file);
        };
        self.listen = function () {
            document.addEventListener("dragenter", onDrag, true);
            document.addEventListener("dragover", onDrag, true);
            document.addEventListener("drop", onDrop, true);
            document.addEventListener("paste", onPaste);
        };
    };
})(window.Img2Stl);
