package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"

	"sealdesk/config"
	"sealdesk/index/bleve"
	"sealdesk/storage"
	"sealdesk/storage/dir"
)

// store is a store that is open.
type store interface {
	storage.Store
	io.Closer
}

// store opens the store of the kind configured. A data folder is made where there is
// none.
func (o *options) store(ctx context.Context) (store, error) {
	s, err := dir.Open(filepath.Join(o.Data, "store"))
	if err != nil {
		return nil, fmt.Errorf("数据文件夹 %s 不能使用，请检查路径和权限：%w", o.Data, err)
	}
	return s, nil
}

// existing opens a store that holds something already.
func (o *options) existing(ctx context.Context) (store, error) {
	if o.Storage.Kind == config.Dir {
		if _, err := os.Stat(filepath.Join(o.Data, "store")); err != nil {
			return nil, fmt.Errorf("数据文件夹 %s 里还没有材料。请先运行 sealdesk process，或用 --data 指定数据文件夹", o.Data)
		}
	}
	return o.store(ctx)
}

// engines are the looks at what keeps and searches.
func (d *doctor) engines() []func(context.Context) {
	var looks []func(context.Context)
	if d.Storage.Kind == config.Dir || d.Index.Kind == config.Bleve {
		looks = append(looks, d.folder, d.room)
	}
	if d.Storage.Kind == config.Dir {
		looks = append(looks, d.keptInFolder)
	}
	if d.Index.Kind == config.Bleve {
		looks = append(looks, d.indexInFolder)
	}
	return looks
}

// keptInFolder opens the store in the data folder, where there is one.
func (d *doctor) keptInFolder(context.Context) {
	path := filepath.Join(d.Data, "store")
	if _, err := os.Stat(path); err != nil {
		return // doctor.folder told of it
	}
	s, err := dir.Open(path)
	if err == nil {
		err = s.Close()
	}
	if err != nil {
		d.bad("存储", "%v", err)
	} else {
		d.good("存储", "%s 可以打开", path)
	}
}

// indexInFolder opens the index in the data folder, where there is one.
func (d *doctor) indexInFolder(ctx context.Context) {
	path := filepath.Join(d.Data, "index")
	if _, err := os.Stat(path); err != nil {
		return // doctor.folder told of it
	}
	n := 0
	x, err := bleve.Open(path)
	if err == nil {
		n, err = x.Count(ctx)
		err = errors.Join(err, x.Close())
	}
	if err != nil {
		// What is kept is safe without it.
		d.note("检索库", "打不开（%v）。没有别的 sealdesk 在运行时，请运行 sealdesk reindex 重建", err)
	} else {
		d.good("检索库", "共 %d 份申报", n)
	}
}
